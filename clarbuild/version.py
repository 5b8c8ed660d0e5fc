"""The version of clarbuild."""

VERSION = "0.1.0"
