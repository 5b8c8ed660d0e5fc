"""The commands, a module for those that belong together; all work is done elsewhere."""
