"""Calling people back: a desk's agent first, then the requester, and the two are joined."""
