"""What a line promises its callers, and whether it can be kept."""
