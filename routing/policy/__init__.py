"""Policy: which tickets go to which providers, in which order, within which times. Pure."""
