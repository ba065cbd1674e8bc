"""A voice channel over a real store and a real listener, called by the simulator: as much time passes for the channel
as for the people in the call, and none for the test."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import aiohttp
from yarl import URL

from channels.channel import Backstage, ChannelContext
from channels.phone.channel import VoiceChannel
from channels.phone.settings import VoiceSettings
from gateway.core.delivery import Case, ClaimRequest, Kind
from gateway.core.dialling import Desk
from gateway.core.errors import StoreFailed, StoreUnavailable
from gateway.core.events import CallEvent, Event
from gateway.core.organisation import Organisation
from gateway.core.settings import Listen
from gateway.core.ticket import InboundMessage, Message, Priority, Terms
from gateway.core.tokens import TokenSigner
from gateway.demo.caller.call import play_call
from gateway.demo.caller.script import Line, Scene
from gateway.demo.caller.transcript import Told
from gateway.intake import IntakeDoor
from gateway.listener import Listener
from gateway.store import SqlStore
from gateway.store.schema import calls
from tests.support.blobs import MemoryBlobs
from tests.support.clock import SetClock
from tests.support.ports import new_port
from tests.support.simulation import Unmeasured
from tests.support.store import Heard, InlineRunner
from tests.support.tickets import NOW
from tests.support.twilio_api import ACCOUNT_SID, AUTH_TOKEN, FakeTwilio, Served, fake_twilio
from tests.support.twilio_webhooks import Post, signed_form

NUMBER = "+34910000000"
ANA = "+34600111222"
ACME = Desk("acme", "+34910000001", 15)
NORTE = Desk("norte", "+34910000002", 20)
_LEASE = 30.0
_MOST_WORK = 200
T = TypeVar("T", bound=Event)


class LeavingRunner(InlineRunner):
    """A store that may be away: nothing is kept, and nothing can be read."""

    away = False

    async def write(self, verb: Any, commands: Sequence[Any]) -> list[Any]:
        self._require()
        return await super().write(verb, commands)

    async def read(self, query: Any) -> Any:
        self._require()
        return await super().read(query)

    def _require(self) -> None:
        if self.away:
            raise StoreUnavailable("the store is away")


@dataclass
class PhoneRouting:
    """The port Routing: one policy, and those desks that may be dialled now."""

    phones: Sequence[Desk] = (ACME, NORTE)
    asked: list[tuple[str, str | None, str | None, Priority]] = field(default_factory=list)

    def terms(self, channel: str, language: str | None, category: str | None, priority: Priority) -> Terms:
        return Terms("default", 1.0, 5.0)

    def serving(self, policy: str) -> str | None:
        return "acme"

    def desks(self, channel: str, language: str | None, category: str | None, priority: Priority) -> Sequence[Desk]:
        self.asked.append((channel, language, category, priority))
        return self.phones


@dataclass
class PhoneMeasured:
    """What the channel tells of itself, remembered."""

    refused: list[tuple[str, str]] = field(default_factory=list)

    def channel_succeeded(self, channel: str, at: float) -> None: ...

    def mail_read(self, channel: str, outcome: str) -> None: ...

    def mail_sent(self, channel: str, outcome: str) -> None: ...

    def mailbox_counted(self, channel: str, folder: str, mails: int, missing: int) -> None: ...

    def webhook_refused(self, channel: str, reason: str) -> None:
        self.refused.append((channel, reason))


@dataclass
class Played:
    """A call that has been."""

    sid: str
    transcript: list[Told]
    seconds: float

    @property
    def said(self) -> str:
        return "\n".join(str(line.words) for line in self.transcript)


class VoiceRig:
    """The channel `phone`, and what is behind it. `crash` makes another in its place, as after SIGKILL."""

    def __init__(self, settings: VoiceSettings, clock: SetClock, twilio: FakeTwilio) -> None:
        self.settings = settings
        self.clock = clock
        self.twilio = twilio
        self.heard = Heard()
        self.runner = LeavingRunner()
        self.store = SqlStore(self.runner, clock, [self.heard])
        self.routing = PhoneRouting()
        self.measured = PhoneMeasured()
        self.blobs = MemoryBlobs(clock)
        self.owed: list[Kind] = []
        self.recordings: dict[str, float] = {}
        self._port = new_port()
        self.url = f"http://127.0.0.1:{self._port}"
        self.intake = IntakeDoor(self.store, self.routing, clock, Unmeasured())

    async def start(self) -> None:
        await self.store.start()
        self.session = aiohttp.ClientSession()
        await self._open()

    async def stop(self) -> None:
        await self._shut()
        await self.session.close()
        await self.store.close()

    async def crash(self) -> None:
        """Nothing lives on but the store."""
        await self._shut()
        await self._open()

    async def _open(self) -> None:
        context = ChannelContext(
            name="phone",
            intake=self.intake,
            reads=self.store,
            routing=self.routing,
            signer=TokenSigner(b"k" * 32),
            clock=self.clock,
            measurements=Unmeasured(),
            organisation=Organisation("Ayuntamiento de Fuentelarga"),
            public_url=self.url,
            blobs=self.blobs,
        )
        phones = {desk.dial: desk for desk in (ACME, NORTE)}
        backstage = Backstage(
            self.store, self.measured, lambda: (), self.owed.append, self._failed, phones=lambda: phones
        )
        self.channel = VoiceChannel(self.settings, context, backstage)
        await self.channel.start()
        self.listener = Listener("public", Listen(host="127.0.0.1", port=self._port), self.channel.routes())
        await self.listener.start()

    async def _shut(self) -> None:
        await self.listener.stop(1.0)
        await self.channel.stop(1.0)
        await self.channel.close()

    def _failed(self, error: StoreFailed) -> None:
        raise AssertionError("the store failed") from error

    # calls

    @property
    def line(self) -> Line:
        """The number whose calls come here."""
        base = f"{self.url}/channels/phone"
        return Line(NUMBER, f"{base}/voice", ACCOUNT_SID, AUTH_TOKEN, f"{base}/status", api=self.twilio.url)

    async def call(self, scene: Scene, **line: Any) -> Played:
        """One call to its end."""
        transcript: list[Told] = []
        began_at = self.clock.at
        sid = await play_call(
            replace(self.line, **line),
            scene,
            transcript.append,
            recordings=self.recordings,
            session=self.session,
            now=began_at,
            sleep=self._pass,
        )
        return Played(sid, transcript, self.clock.at - began_at)

    async def _pass(self, seconds: float) -> None:
        self.clock.at += seconds

    async def post(self, path: str, form: Mapping[str, str], **signing: Any) -> tuple[int, str]:
        """One webhook, signed for its address, below the channel's; status and body."""
        return await self.send(signed_form(form, f"/channels/phone/{path}", **{"base": self.url, **signing}))

    async def send(self, post: Post) -> tuple[int, str]:
        async with self.session.post(
            URL(self.url + post.path, encoded=True), data=post.body, headers=post.headers
        ) as response:
            return response.status, await response.text()

    # what becomes of them

    async def work(self) -> int:
        """Whatever the channel has to do now; how many times that was."""
        self.serve_recordings()
        handlers = self.channel.handlers()
        for count in range(_MOST_WORK):
            now = self.clock.at
            request = ClaimRequest(frozenset({Kind.CALL}), 1, now, now + _LEASE)
            cases = (await self.store.claim([request]))[0]
            if not cases:
                return count
            await handlers[Kind.CALL](cases[0])
        raise AssertionError("there is no end to what is to be done")

    async def work_until(self, at: float) -> None:
        """Also what falls due until then."""
        await self.work()
        while (due := await self.store.next_due(frozenset({Kind.CALL}))) is not None and due <= at:
            self.clock.at = max(self.clock.at, due)
            await self.work()
        self.clock.at = max(self.clock.at, at)

    def serve_recordings(self) -> None:
        """What was said after the tone is there to be fetched."""
        root = f"/2010-04-01/Accounts/{ACCOUNT_SID}/Recordings"
        for sid, seconds in self.recordings.items():
            self.twilio.files.setdefault(f"{root}/{sid}.mp3", Served(b"\xff\xf3\x18\xc4" + bytes(round(seconds))))

    async def cases(self) -> list[Case]:
        """Every ticket there is, oldest first, with its messages and copies."""
        tickets = await self.store.tickets(limit=1000)
        found = [await self.store.ticket(each.id) for each in reversed(tickets)]
        return [each for each in found if each is not None]

    async def case(self) -> Case:
        """Of the one ticket that there is."""
        (case,) = await self.cases()
        return case

    def events(self, sid: str) -> list[CallEvent]:
        """Of that call, in their order."""
        events = (each.event for each in self.heard.events)
        return [event for event in events if isinstance(event, CallEvent) and event.call == sid]

    def event(self, kind: type[T]) -> T:
        """The only one."""
        (event,) = self.heard.of(kind)
        return event

    def spoil(self, sid: str, **row: str) -> None:
        """Change the call's row behind the store's back: its record, unless told what."""
        change = calls.update().where(calls.c.sid == sid).values(row or {"record": "{"})
        with self.runner.connection.begin():
            self.runner.connection.execute(change)

    async def request(self, **changes: Any) -> InboundMessage:
        """A ticket that came by another channel."""
        message = InboundMessage(**{"channel": "web", "body": "No puedo entrar.", **changes})
        await self.intake.receive(message)
        return message


def bodies(messages: Sequence[Message]) -> str:
    """All of them, one after the other."""
    return "\n--\n".join(each.body for each in messages)


@asynccontextmanager
async def voice_rig(*phones: Desk, **changes: Any) -> AsyncIterator[VoiceRig]:
    """In Spanish and without menus, unless the settings are changed; the desks are two, unless others are given."""
    clock = SetClock(NOW)
    async with fake_twilio(clock) as twilio:
        account = {"account_sid": ACCOUNT_SID, "auth_token": AUTH_TOKEN, "numbers": [NUMBER]}
        api = {"api": twilio.url, "allow_private": True}
        settings = VoiceSettings.model_validate({**account, **api, **changes})
        rig = VoiceRig(settings, clock, twilio)
        if phones:
            rig.routing.phones = phones
        await rig.start()
        try:
            yield rig
        finally:
            await rig.stop()
