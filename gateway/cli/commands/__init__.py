"""One command, or one family of commands, in each file."""
