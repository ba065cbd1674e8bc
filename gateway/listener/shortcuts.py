"""Requests for a fixed path go straight to their route: to search for it costs more than many a route does itself."""

from collections.abc import Awaitable

from aiohttp import hdrs, web

from gateway.listener.errors import Handle


class Shortcuts:
    """Knows the application's routes of fixed paths. What has parameters in its path, or wants to be encouraged by
    `100 Continue`, is the application's, whose own handler is `otherwise`."""

    def __init__(self, app: web.Application, otherwise: Handle) -> None:
        self._otherwise = otherwise
        self._known = {
            (route.method, resource.canonical): (route.handler, _found(route, app))
            for resource in app.router.resources()
            if isinstance(resource, web.PlainResource)
            for route in resource
        }

    def handle(self, request: web.BaseRequest) -> Awaitable[web.StreamResponse]:
        known = self._known.get((request.method, request.raw_path.partition("?")[0]))
        if known is None or hdrs.EXPECT in request.headers:
            return self._otherwise(request)
        handler, request._match_info = known  # type: ignore[attr-defined]  # as the application does, but for each one
        return handler(request)  # type: ignore[arg-type]


def _found(route: web.AbstractRoute, app: web.Application) -> web.UrlMappingMatchInfo:
    """What the application would have found; the same for every request, since the path has no parameters."""
    found = web.UrlMappingMatchInfo({}, route)
    found.add_app(app)
    found.freeze()
    return found
