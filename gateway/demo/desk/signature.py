"""Lets in only what the gateway has signed (Standard Webhooks)."""

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from gateway.core.signature import BadSignature, Signer


def signed(signer: Signer) -> Middleware:
    """A middleware: 401 for a request under /tickets without a valid signature; a GET signs the empty body."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.startswith("/tickets"):
            try:
                signer.verify(request.headers, await request.read())
            except BadSignature:
                return web.json_response({"error": "the signature is missing or wrong"}, status=401)
        return await handler(request)

    return middleware
