"""What is timed, against whom, side by side; `make bench` runs it."""
