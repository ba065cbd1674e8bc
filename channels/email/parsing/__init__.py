"""The mail parser: from any bytes to a `Mail`, within caps."""

from channels.email.parsing.limits import Limits, Unparsable
from channels.email.parsing.parse import parse

__all__ = ["Limits", "Unparsable", "parse"]
