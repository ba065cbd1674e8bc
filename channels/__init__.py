"""Channels: where messages come in and answers go out."""
