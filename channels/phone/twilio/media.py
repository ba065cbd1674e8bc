"""Recordings, and the files of messages, fetched from Twilio and from nobody else (T09, T10).

A webhook names their addresses, so an address is only asked where it is the API's own, under our account's path. Our
credentials go there and nowhere else. Message files are then redirected to a store (Twilio's
help article 223183748 on media and HTTP authentication names them): a redirect is followed without credentials, to
those stores only, and no further than to one of them.
"""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from urllib.parse import unquote

from aiohttp import ClientResponse
from yarl import URL

from channels.phone.twilio.rest import Account
from gateway.core.arriving import Arriving
from gateway.core.attachments import clean_name, declared_type, judge_type
from gateway.core.errors import ContentTooLarge, StoreUnavailable
from gateway.core.outbound import OutboundClient, OutboundError
from gateway.core.ports import Blobs
from gateway.core.ticket import Attachment
from gateway.core.values import dataclass

MEDIA_STORES = (
    "https://mms.twiliocdn.com/",
    "https://media.twiliocdn.com/",
    "https://s3-external-1.amazonaws.com/media.twiliocdn.com/",
)
"""Where Twilio keeps the files of messages. The last is Amazon's host: of its buckets only Twilio's is meant."""
RECORDING_TYPES = frozenset({"audio/mpeg", "audio/wav", "audio/x-wav"})
_DEADLINE = 60.0
_CONNECTIONS = 2
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


class NotFetched(Exception):
    """A file can't be had: the text says why, without its address. `later` is True where it may be had in a while."""

    def __init__(self, reason: str, *, later: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.later = later


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file that a webhook names."""

    url: str
    name: str
    """What the attachment is to be called."""
    types: Collection[str]
    """Media types that are taken; what the answer says counts."""
    limit: int
    """Bytes."""


class Media:
    """Fetches one account's files into the blobs. Needs a running loop."""

    def __init__(self, account: Account, blobs: Blobs, stores: Collection[str] = MEDIA_STORES) -> None:
        """`stores` are the beginnings of addresses that a redirect may lead to, each with its final slash."""
        self._account = account
        self._blobs = blobs
        self._api = URL(account.api).origin()
        self._stores = [URL(each) for each in stores]
        self._client = OutboundClient(allow_private=account.allow_private, connections=_CONNECTIONS)

    async def fetch(self, wanted: Wanted) -> Attachment:
        """The file, its blob durable. Raises NotFetched, StoreFailed."""
        self._require_api(wanted.url)
        try:
            async with asyncio.timeout(_DEADLINE), self._open(wanted.url) as response:
                return await self._kept(response, wanted)
        except TimeoutError:
            raise NotFetched(f"it did not come within {_DEADLINE:g} seconds", later=True) from None
        except ContentTooLarge:
            raise NotFetched(f"it has more than {wanted.limit} bytes", later=False) from None
        except OutboundError as error:
            raise NotFetched(str(error), later=True) from error
        except StoreUnavailable as error:
            raise NotFetched(error.public, later=True) from error

    async def close(self) -> None:
        """Close the connections; what is being fetched fails."""
        await self._client.close()

    @asynccontextmanager
    async def _open(self, url: str) -> AsyncIterator[ClientResponse]:
        """The answer, of the API or of the store that it redirects to."""
        async with self._client.download(url, headers=self._account.authorization) as response:
            if response.status not in _REDIRECTS:
                yield response
                return
            store = response.headers.get("Location", "")
        self._require_store(store)
        async with self._client.download(store, headers={}) as response:
            if response.status in _REDIRECTS:
                raise NotFetched("it is redirected a second time", later=False)
            yield response

    async def _kept(self, response: ClientResponse, wanted: Wanted) -> Attachment:
        status = response.status
        if status != 200:
            # 404 is how a recording is answered that isn't processed yet.
            later = status >= 500 or status in (404, 408, 425, 429)
            raise NotFetched(f"it was answered with {status}", later=later)
        if response.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise NotFetched("it is compressed, though identity was asked for", later=False)
        media_type = declared_type(response.headers.get("Content-Type", ""))
        if media_type not in wanted.types:
            raise NotFetched("it is of a type that isn't taken", later=False)
        arriving = await Arriving.begin(response.content.iter_any())
        blob = await self._blobs.put(arriving, wanted.limit)
        return Attachment(clean_name(wanted.name), judge_type(media_type, arriving.head), blob.size, blob.digest)

    def _require_api(self, url: str) -> None:
        parsed = _parsed(url)
        if parsed is None or parsed.origin() != self._api or not parsed.raw_path.startswith(f"{self._account.root}/"):
            raise NotFetched("its address isn't Twilio's, or not of our account", later=False)

    def _require_store(self, url: str) -> None:
        parsed = _parsed(url)
        for store in self._stores:
            if parsed and parsed.origin() == store.origin() and parsed.raw_path.startswith(store.raw_path):
                return
        raise NotFetched("it is redirected to a place that isn't a store of Twilio's", later=False)


def recording_url(account: Account, sid: str) -> str:
    """Where the recording is, as MP3. It is made from the SID, so that not even a webhook's address is needed."""
    return f"{account.api}{account.root}/Recordings/{sid}.mp3"


def media_url(account: Account, message_sid: str, sid: str) -> str:
    """Where a message's file is, made as the former."""
    return f"{account.api}{account.root}/Messages/{message_sid}/Media/{sid}"


def _parsed(url: str) -> URL | None:
    """An absolute address without credentials and without steps up; None for every other text."""
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url or ".." in unquote(url):
        return None
    try:
        parsed = URL(url, encoded=True)
        parsed.origin()
    except (ValueError, TypeError, IndexError):  # IndexError: yarl's, of some brackets before an @
        return None
    return None if parsed.user is not None or parsed.password is not None or parsed.fragment else parsed
