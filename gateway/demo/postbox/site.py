"""What the postbox answers: its list, each mail with its HTML and its files, and letters to the help desk."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from aiohttp import web
from aiohttp.typedefs import Handler

from channels.email.composing import Outgoing, OutgoingFile
from channels.email.mail import Mail
from gateway.core.clock import Clock
from gateway.core.settings import Listen
from gateway.demo.pages import STATIC, from_here, language_of, names_this_machine
from gateway.demo.postbox.language import TEXTS
from gateway.demo.postbox.letters import Draft, NotTaken, answer_to, hand_in, new_letter
from gateway.demo.postbox.mails import Arrived, Mails, html_of, read
from gateway.demo.postbox.page import Surroundings, file_name, render_list, render_mail

_STATIC = Path(__file__).parent / "static"
_FRAME_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'self'; sandbox"
)
"""Of a mail's own HTML: it may look as it likes, and do nothing."""
_SOMEBODY = Draft("Ana García", "ana@postbox.example", "", "")


@web.middleware
async def only_this_machine(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Not by another site's name, and nothing is written but from the postbox's own page."""
    if not names_this_machine(request.host) or (request.method == "POST" and not from_here(request)):
        raise web.HTTPForbidden(text="ask for this postbox by its address, on its own machine")
    return await handler(request)


class Site:
    """The handlers over `mails`; letters go to `relevo`."""

    def __init__(self, mails: Mails, relevo: Listen, surroundings: Surroundings, clock: Clock) -> None:
        self._mails = mails
        self._relevo = relevo
        self._surroundings = surroundings
        self._clock = clock

    def routes(self) -> list[web.AbstractRouteDef]:
        mail = r"/mails/{number:\d{1,9}}"
        return [
            web.get("/", self.list),
            web.post("/letters", self.write),
            web.get(mail, self.mail),
            web.post(f"{mail}/answers", self.answer),
            web.get(f"{mail}/html", self.html),
            web.get(f"{mail}/source", self.source),
            web.get(rf"{mail}/files/{{file:\d{{1,4}}}}", self.file),
            STATIC,
            web.static("/static", _STATIC),
        ]

    async def list(self, request: web.Request) -> web.Response:
        return self._list(request, _SOMEBODY, taken=request.query.get("taken", ""))

    async def mail(self, request: web.Request) -> web.Response:
        arrived, mail = await self._asked(request)
        recipient = next(iter(arrived.recipients), _SOMEBODY.address)
        name = _SOMEBODY.name if recipient == _SOMEBODY.address else ""
        return self._mail(request, arrived, mail, Draft(name, recipient, "", ""))

    async def html(self, request: web.Request) -> web.Response:
        """For the frame alone."""
        _, mail = await self._asked(request)
        headers = {"Content-Security-Policy": _FRAME_POLICY}
        return web.Response(text=html_of(mail) if mail else "", content_type="text/html", headers=headers)

    async def source(self, request: web.Request) -> web.Response:
        arrived, _ = await self._asked(request)
        return _download(arrived.raw, f"mail-{arrived.number}.eml")

    async def file(self, request: web.Request) -> web.Response:
        _, mail = await self._asked(request)
        files = mail.files if mail else ()
        number = int(request.match_info["file"])
        if number >= len(files):
            raise web.HTTPNotFound
        return _download(files[number].content, file_name(files[number]))

    async def write(self, request: web.Request) -> web.Response:
        draft = await _draft(request)
        letter = new_letter(draft, self._surroundings.help_desk, self._clock.now())
        if problem := await self._hand_in(letter):
            return self._list(request, draft, problem=problem)
        raise _back(request, "letter")

    async def answer(self, request: web.Request) -> web.Response:
        arrived, mail = await self._asked(request)
        if mail is None:
            raise web.HTTPNotFound
        draft = await _draft(request)
        letter = answer_to(mail, draft, self._clock.now(), TEXTS.get(language_of(request, TEXTS)))
        if problem := await self._hand_in(letter):
            return self._mail(request, arrived, mail, draft, problem=problem)
        raise _back(request, "answer")

    async def _hand_in(self, letter: Outgoing) -> str | None:
        """Why it was not taken; None where it was."""
        try:
            await hand_in(letter, self._relevo)
        except NotTaken as error:
            return str(error)
        return None

    async def _asked(self, request: web.Request) -> tuple[Arrived, Mail | None]:
        arrived = self._mails.get(int(request.match_info["number"]))
        if arrived is None:
            raise web.HTTPNotFound
        return arrived, await asyncio.to_thread(read, arrived.raw)

    def _list(self, request: web.Request, draft: Draft, *, taken: str = "", problem: str | None = None) -> web.Response:
        language = language_of(request, TEXTS)
        mails = self._mails.newest_first()
        html = render_list(mails, draft, self._surroundings, language, taken=taken, problem=problem)
        return web.Response(text=html, content_type="text/html", status=422 if problem else 200)

    def _mail(
        self, request: web.Request, arrived: Arrived, mail: Mail | None, draft: Draft, problem: str | None = None
    ) -> web.Response:
        language = language_of(request, TEXTS)
        with_html = mail is not None and html_of(mail) != ""
        html = render_mail(arrived, mail, draft, self._surroundings, language, with_html=with_html, problem=problem)
        return web.Response(text=html, content_type="text/html", status=422 if problem else 200)


def _back(request: web.Request, taken: str) -> web.HTTPSeeOther:
    """To the list, which says what was taken."""
    return web.HTTPSeeOther(f"/?lang={language_of(request, TEXTS)}&taken={taken}")


async def _draft(request: web.Request) -> Draft:
    form = await request.post()

    def line(name: str) -> str:
        return " ".join(str(form.get(name, "")).split())

    return Draft(
        name=line("name"),
        address=line("address"),
        subject=line("subject"),
        text=str(form.get("text", "")),
        files=_files([each for each in form.getall("files", []) if isinstance(each, web.FileField)]),
    )


def _files(fields: Sequence[web.FileField]) -> list[OutgoingFile]:
    """A form without files has one without a name."""
    return [OutgoingFile(each.filename, each.content_type, each.file.read()) for each in fields if each.filename]


def _download(content: bytes, name: str) -> web.Response:
    """Saved and never shown: whatever it is, it is a stranger's."""
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}"}
    return web.Response(body=content, content_type="application/octet-stream", headers=headers)
