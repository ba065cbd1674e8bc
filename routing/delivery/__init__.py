"""Delivery: the engine that claims what is owed, attempts it, and records what became of it."""
