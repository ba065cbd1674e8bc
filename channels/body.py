"""Reading what a request carries, bounded."""

from aiohttp import StreamReader, web

from gateway.core.problems import TOO_LARGE, Problem


async def read_body(request: web.Request, limit: int) -> bytes:
    """The whole body. Raises Problem, 413, where it has more than `limit` bytes."""
    declared = request.content_length
    if declared is not None and declared > limit:
        raise Problem(TOO_LARGE, limit=limit, close=True)
    body = request.content
    # Nearly always all of it has come by now: then it is had at once.
    content = body.read_nowait() if body.is_eof() else await _read(body, limit)
    if len(content) > limit:
        raise Problem(TOO_LARGE, limit=limit, close=True)
    return content


async def _read(body: StreamReader, limit: int) -> bytes:
    """The body, or a little more than `limit` bytes of it. The request's own way keeps it after the answer, until
    the connection's next request."""
    content = bytearray()
    while len(content) <= limit and (chunk := await body.readany()):
        content += chunk
    return bytes(content)
