"""Takeover: the arithmetic of contracted time, and the evidence of what happened. Pure."""
