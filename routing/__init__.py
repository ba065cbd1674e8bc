"""Routing: which provider gets a ticket, when a backup takes over, and the proof of the contracted time."""
