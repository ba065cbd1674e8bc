"""Where the simulator's recordings lie, as at Twilio's API: fetched with the account's credentials, and deleted."""

from collections.abc import Mapping, MutableMapping

from aiohttp import encode_basic_auth, hdrs, web

_FRAME = b"\xff\xf3\x18\xc4" + bytes(32)
"""Silence as MP3: a frame of MPEG 2 layer III, mono, 8 kbit/s at 16 kHz (ISO/IEC 13818-3)."""
_FRAMES_A_SECOND = 16_000 / 576


def silence(seconds: float) -> bytes:
    """An MP3 file of it."""
    return _FRAME * round(seconds * _FRAMES_A_SECOND)


class Studio:
    """Serves `recordings`: the seconds of each, by its SID. What is deleted goes from there."""

    def __init__(self, account_sid: str, auth_token: str, recordings: MutableMapping[str, float]) -> None:
        self._account_sid = account_sid
        self._credentials = encode_basic_auth(account_sid, auth_token)
        self._recordings = recordings

    def routes(self) -> list[web.RouteDef]:
        """Below the address that the configuration calls `api`."""
        root = f"/2010-04-01/Accounts/{self._account_sid}/Recordings"
        return [
            web.get(root + "/{sid:RE[0-9a-f]+}.mp3", self._fetch, allow_head=False),
            web.delete(root + "/{sid:RE[0-9a-f]+}.json", self._delete),
        ]

    async def _fetch(self, request: web.Request) -> web.Response:
        self._require_owner(request.headers)
        seconds = self._recordings.get(request.match_info["sid"])
        if seconds is None:
            raise web.HTTPNotFound
        return web.Response(body=silence(seconds), content_type="audio/mpeg")

    async def _delete(self, request: web.Request) -> web.Response:
        self._require_owner(request.headers)
        if self._recordings.pop(request.match_info["sid"], None) is None:
            raise web.HTTPNotFound
        return web.Response(status=204)

    def _require_owner(self, headers: Mapping[str, str]) -> None:
        if headers.get(hdrs.AUTHORIZATION) != self._credentials:
            raise web.HTTPUnauthorized
