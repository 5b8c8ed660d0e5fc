"""The words of the language, one module a family."""
