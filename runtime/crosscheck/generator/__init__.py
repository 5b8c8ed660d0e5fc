"""A seeded generator of Clarity: expressions, programs, transactions, and programs nearly right."""
