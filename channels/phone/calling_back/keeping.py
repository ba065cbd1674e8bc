"""A call back as it lies in the store: JSON of all that it is."""

from pydantic import TypeAdapter

from channels.phone.calling_back.callback import Callback

_CALLBACK = TypeAdapter(Callback)


def written(callback: Callback) -> str:
    """What `read` reads; None is left out."""
    return _CALLBACK.dump_json(callback, exclude_none=True).decode()


def read(kept: str) -> Callback:
    """A kept one, by an older version too. Raises ValueError."""
    return _CALLBACK.validate_json(kept)
