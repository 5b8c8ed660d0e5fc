"""Functions generated for a type: sizes, serialisation, equality and dynamic types of its values."""
