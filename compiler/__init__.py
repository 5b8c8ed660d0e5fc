"""Clarity source to WebAssembly; pure: knows no files, no cache and no chain."""
