"""Crosscheck: the same transactions on our VM and on the interpreter, compared, shrunk, reported."""
