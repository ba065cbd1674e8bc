"""Characters that show nothing, or turn the direction of what follows: in one line they can only mislead."""

UNSEEN = r"\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb"
"""For a class of characters in a regular expression, of Python's or of pydantic's."""
