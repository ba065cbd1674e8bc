"""A call as it lies in the store: JSON of all that it is."""

from pydantic import TypeAdapter

from channels.phone.call import Call

_CALL = TypeAdapter(Call)


def written(call: Call) -> str:
    """What `read` reads; None, which most of a call is at first, is left out."""
    return _CALL.dump_json(call, exclude_none=True).decode()


def read(kept: str) -> Call:
    """A kept call, by an older version too: what it didn't know yet is as at the beginning. Raises ValueError."""
    return _CALL.validate_json(kept)
