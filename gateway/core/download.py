"""Answering with an attachment's content, so that nothing in it can act in our name (T04)."""

from collections.abc import AsyncIterator

import structlog
from aiohttp import web

from gateway.core.attachments import INLINE, content_disposition, served_type
from gateway.core.errors import BlobMissing, StoreFailed, StoreUnavailable
from gateway.core.ports import Blobs
from gateway.core.problems import NOT_FOUND, Problem
from gateway.core.ticket import Attachment

# Beside what every answer says: no sniffing, no referrer.
_HEADERS = {
    "Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, no-store",
    "X-Robots-Tag": "noindex, nofollow",
}
_log = structlog.get_logger("relevo.attachments")


def attachment_at(attachments: tuple[Attachment, ...], number: int) -> Attachment:
    """The one with that number, from 1 on. Raises Problem."""
    if not 1 <= number <= len(attachments):
        raise Problem(NOT_FOUND)
    return attachments[number - 1]


async def send_attachment(
    request: web.Request, blobs: Blobs, attachment: Attachment, *, may_show: bool
) -> web.StreamResponse:
    """The content, streamed. With `may_show` the few harmless types are shown in the browser; the others are
    downloaded. Raises Problem, StoreUnavailable and StoreFailed before the answer has begun."""
    inline = may_show and attachment.media_type in INLINE
    headers = _HEADERS | {
        "Content-Type": served_type(attachment.media_type),
        "Content-Disposition": content_disposition(attachment.name, inline=inline),
    }
    response = web.StreamResponse(headers=headers)
    response.content_length = attachment.size
    try:
        async with blobs.open(attachment.digest) as content:
            await response.prepare(request)
            if request.method != "HEAD":
                await _write(response, content, attachment.size)
    except BlobMissing as error:
        _log.error("the content of an attachment is missing", digest=attachment.digest)
        raise Problem(NOT_FOUND) from error
    except (_CutShort, StoreUnavailable, StoreFailed) as error:
        if not response.prepared:
            raise
        _log.error("the content of an attachment can't be read", digest=attachment.digest, error=str(error))
        # No error can be told any more: the client sees that the connection ends before the content does.
        if request.transport is not None:
            request.transport.abort()
        raise ConnectionAbortedError("a content can't be read to its end") from error
    return response


class _CutShort(Exception):
    """There is less of a content than there was."""


async def _write(response: web.StreamResponse, content: AsyncIterator[bytes], size: int) -> None:
    async for piece in content:
        size -= len(piece)
        await response.write(piece)
    if size > 0:
        raise _CutShort(f"{size} bytes are missing at its end")
