"""A help desk as a process of its own: the desk side of the webhook protocol, with a switch for each fault."""
