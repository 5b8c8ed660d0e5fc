"""Builds Clarity contracts and runs them."""
