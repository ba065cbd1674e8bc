"""Files that a desk sends along with a reply: it says where they are, and we fetch them from the desk itself.

Only from the origin that tickets are posted to, through the same guard (T09, T28), signed like every other request to
the desk, without following redirects, within one deadline and a limit of bytes: what a desk reports can't make us ask
anybody else.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import ClientResponse
from yarl import URL

from gateway.core.arriving import Arriving
from gateway.core.attachments import clean_name, declared_type, judge_type
from gateway.core.errors import ContentTooLarge, StoreUnavailable
from gateway.core.ids import new_id
from gateway.core.outbound import OutboundClient, OutboundError
from gateway.core.ports import Blobs
from gateway.core.signature import Signer
from gateway.core.ticket import Attachment

MOST_FILES = 10
FILE_SIZE = 10 * 1024 * 1024
TOTAL_SIZE = 25 * 1024 * 1024
DEADLINE = 20.0
"""Less than the time within which a report must be answered."""
_CONNECTIONS = 2
"""Of their own, so that no hand-off waits for a file."""


@dataclass(frozen=True, slots=True)
class Offered:
    """A file as the desk's report names it."""

    name: str
    media_type: str
    url: str


class NotFetched(Exception):
    """A file can't be had: the text says why. `number` is its place in the report, from 0 on; `later` is True where
    the same report may succeed in a while."""

    def __init__(self, number: int, reason: str, *, later: bool) -> None:
        super().__init__(reason)
        self.number = number
        self.reason = reason
        self.later = later


class DeskFiles:
    """The files of the desk whose tickets are posted to `url`. Needs a running loop."""

    def __init__(self, url: str, allow_private: bool, signer: Signer) -> None:
        self._origin = URL(url).origin()
        self._client = OutboundClient(allow_private=allow_private, connections=_CONNECTIONS)
        self._signer = signer
        self.deadline = DEADLINE
        """Seconds for all files of one reply."""

    async def fetch(self, offered: Sequence[Offered], blobs: Blobs) -> tuple[Attachment, ...]:
        """All of them, their blobs durable. Raises NotFetched for the first that can't be had, and StoreFailed."""
        fetched: list[Attachment] = []
        try:
            async with asyncio.timeout(self.deadline):
                for number, each in enumerate(offered):
                    room = min(FILE_SIZE, TOTAL_SIZE - sum(done.size for done in fetched))
                    fetched.append(await self._fetch(number, each, room, blobs))
        except TimeoutError:
            raise NotFetched(len(fetched), f"no answer within {self.deadline:g} seconds", later=True) from None
        return tuple(fetched)

    async def _fetch(self, number: int, offered: Offered, room: int, blobs: Blobs) -> Attachment:
        self._require_own(number, offered.url)
        try:
            async with self._client.download(offered.url, headers=self._signer.headers(new_id(), b"")) as response:
                _require_content(number, response)
                arriving = await Arriving.begin(response.content.iter_any())
                blob = await blobs.put(arriving, room)
        except ContentTooLarge:
            raise NotFetched(number, f"it has more than {room} bytes", later=False) from None
        except OutboundError as error:
            raise NotFetched(number, error.reason, later=True) from error
        except StoreUnavailable as error:
            raise NotFetched(number, error.public, later=True) from error
        media_type = judge_type(declared_type(offered.media_type), arriving.head)
        return Attachment(clean_name(offered.name), media_type, blob.size, blob.digest)

    def _require_own(self, number: int, url: str) -> None:
        try:
            parsed = URL(url, encoded=True)
            own = parsed.user is None and parsed.password is None and parsed.origin() == self._origin
        except (ValueError, TypeError, IndexError):  # IndexError: yarl's, of some brackets before an @
            own = False
        if not own or not url.isascii() or not url.isprintable() or " " in url:
            raise NotFetched(number, f"its address must begin with {self._origin}", later=False)

    async def close(self) -> None:
        """Close the connections; what is being fetched fails."""
        await self._client.close()


def _require_content(number: int, response: ClientResponse) -> None:
    if response.status != 200:
        later = response.status >= 500 or response.status in (408, 425, 429)
        raise NotFetched(number, f"the desk answered {response.status}", later=later)
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise NotFetched(number, "it is compressed, though identity was asked for", later=False)
