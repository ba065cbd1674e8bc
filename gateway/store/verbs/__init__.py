"""The verbs: each does its work for a list of commands, inside one transaction."""
