"""Configuration: its schema, and the loader that names file, line and column of every error."""
