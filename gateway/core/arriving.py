"""A file's content on its way to us, of which the head is looked at while the rest is still coming."""

from collections.abc import AsyncIterator
from typing import Self

from gateway.core.attachments import HEAD


class Arriving:
    """The content, to be iterated once; `head` is there already."""

    def __init__(self, head: bytes, rest: AsyncIterator[bytes]) -> None:
        self.head = head[:HEAD]
        self._first = head
        self._rest = rest

    @classmethod
    async def begin(cls, content: AsyncIterator[bytes]) -> Self:
        """Wait for the head."""
        head = b""
        async for chunk in content:
            head += chunk
            if len(head) >= HEAD:
                break
        return cls(head, content)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        if self._first:
            first, self._first = self._first, b""
            return first
        return await anext(self._rest)
