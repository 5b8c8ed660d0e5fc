"""`clarbuild profile`: what transactions spend, by Clarity line."""
