"""A gateway that answers written TwiML to whatever Twilio has signed, and notes what it was asked."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import aiohttp
from aiohttp import web

from channels.phone.twilio.form import Form
from channels.phone.twilio.signed import Guard
from gateway.core.problems import Problem
from gateway.demo.caller.call import play_call
from gateway.demo.caller.pace import at_once
from gateway.demo.caller.script import Line, Scene
from gateway.demo.caller.transcript import Told as TranscriptLine
from tests.support.served import served
from tests.support.twilio_webhooks import TRUST, Told

NOW = 1_800_000_000.0


@dataclass
class TwimlGateway:
    """`answers` are what is in a Response, by path and query; a status, where it is a number."""

    answers: Mapping[str, str | int]
    url: str = ""
    recordings: dict[str, float] = field(default_factory=dict)
    asked: list[tuple[str, Form]] = field(default_factory=list)
    told: Told = field(default_factory=Told)

    def forms(self, place: str) -> list[Form]:
        """Of what came there."""
        return [form for asked, form in self.asked if asked == place]

    @property
    def line(self) -> Line:
        """A number whose calls come here."""
        return Line("+34910000000", f"{self.url}/voice", TRUST.account_sid, TRUST.auth_token, f"{self.url}/status")

    async def call(self, scene: Scene, line: Line | None = None) -> list[TranscriptLine]:
        """The transcript of one call, which goes as fast as it can."""
        transcript: list[TranscriptLine] = []
        async with aiohttp.ClientSession() as session:
            await play_call(
                line or self.line,
                scene,
                transcript.append,
                recordings=self.recordings,
                session=session,
                now=NOW,
                sleep=at_once,
            )
        return transcript

    async def answer(self, request: web.Request) -> web.Response:
        """The only route."""
        guard = Guard(replace(TRUST, public_url=self.url), self.told)
        try:
            webhook = await guard.receive(request, ("CallSid",))
        except Problem as problem:
            return web.Response(status=problem.type.status)
        place = request.raw_path.removeprefix("/")
        self.asked.append((place, webhook.form))
        answer = self.answers.get(place, "")
        if isinstance(answer, int):
            return web.Response(status=answer)
        return web.Response(text=f"<Response>{answer}</Response>", content_type="text/xml")


@asynccontextmanager
async def twiml_gateway(answers: Mapping[str, str | int]) -> AsyncIterator[TwimlGateway]:
    """Served on a random port."""
    gateway = TwimlGateway(answers)
    app = web.Application()
    app.router.add_post("/{path:.*}", gateway.answer)
    async with served(app) as url:
        gateway.url = url
        yield gateway
