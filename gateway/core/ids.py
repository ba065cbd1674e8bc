"""Time-ordered identifiers (UUID version 7, RFC 9562): rows that come together lie together."""

import uuid_utils


def new_id() -> str:
    """32 hexadecimal digits that sort by time of creation."""
    return uuid_utils.uuid7().hex
