"""What functions cost: known without running them, measured in a replay, compared, budgeted."""
