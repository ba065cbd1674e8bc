"""The organisation's own recordings, which Twilio fetches and plays in place of a voice."""

from pathlib import Path

from aiohttp import web

from channels.phone.settings import VoiceSettings
from gateway.core.errors import StartError
from gateway.core.problems import NOT_FOUND, Problem

_LIMIT = 5 * 1024 * 1024
_TYPES = {".mp3": "audio/mpeg", ".wav": "audio/wav"}
_KEPT_FOR = {"Cache-Control": "public, max-age=3600"}


class Audio:
    """Of one channel. They are read at the start, once. Everybody who calls hears them, so no signature is needed."""

    def __init__(self, settings: VoiceSettings) -> None:
        self._paths = {
            (prompt, language): path
            for prompt, by_language in settings.audio.items()
            for language, path in by_language.items()
        }
        self._contents: dict[tuple[str, str], tuple[bytes, str]] = {}

    def read(self) -> None:
        """Blocks for as long as the disk takes. Raises StartError for a file that can't be played."""
        self._contents = {key: _content(path) for key, path in self._paths.items()}

    def routes(self, path: str) -> list[web.RouteDef]:
        """Below the channel's path."""
        return [web.get(f"{path}/audio/{{prompt}}/{{language}}", self._send)]

    async def _send(self, request: web.Request) -> web.Response:
        found = self._contents.get((request.match_info["prompt"], request.match_info["language"]))
        if found is None:
            raise Problem(NOT_FOUND)
        content, media_type = found
        return web.Response(body=content, content_type=media_type, headers=_KEPT_FOR)


def _content(path: Path) -> tuple[bytes, str]:
    media_type = _TYPES.get(path.suffix.lower())
    if media_type is None:
        raise StartError(f"{path}: a recording to be played is an .mp3 or a .wav")
    try:
        with path.open("rb") as file:
            content = file.read(_LIMIT + 1)
    except OSError as error:
        raise StartError(f"{path}: can't be read: {error.strerror}") from error
    if len(content) > _LIMIT:
        raise StartError(f"{path}: has more than {_LIMIT // 1024 // 1024} MiB")
    return content, media_type
