"""A gateway as a real process with a phone line: its desks have telephones, and Twilio's API is the test's."""

import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from yarl import URL

from gateway.core.clock import SystemClock
from gateway.demo.caller.call import play_call
from gateway.demo.caller.pace import at_once
from gateway.demo.caller.script import Line, Scene
from gateway.demo.caller.transcript import Told
from tests.support.rig import Adjust, Rig, unhurried
from tests.support.twilio_api import ACCOUNT_SID, AUTH_TOKEN, FakeTwilio, Served, fake_twilio
from tests.support.twilio_webhooks import Post, signed_form
from tests.support.voice_rig import NUMBER

PHONES = {"acme": "+34910000001", "norte": "+34910000002", "sur": "+34910000003"}
"""What is dialled for each desk."""
MakeRig = Callable[[Adjust, Mapping[str, str]], Rig]
"""Of what is to be changed in its configuration, and its environment."""


class Shelf(dict[str, float]):
    """Recordings, which lie at Twilio as soon as the simulator has made them."""

    def __init__(self, twilio: FakeTwilio) -> None:
        super().__init__()
        self._twilio = twilio

    def __setitem__(self, sid: str, seconds: float) -> None:
        super().__setitem__(sid, seconds)
        path = f"/2010-04-01/Accounts/{ACCOUNT_SID}/Recordings/{sid}.mp3"
        self._twilio.files[path] = Served(b"\xff\xf3\x18\xc4" + bytes(round(seconds)))


@dataclass
class PhoneGateway:
    """The rig, and who calls."""

    rig: Rig
    twilio: FakeTwilio
    session: aiohttp.ClientSession
    transcript: list[Told] = field(default_factory=list)

    async def call(self, scene: Scene) -> str:
        """One call to its end, as fast as it goes; its SID."""
        base = f"{self.rig.public_url}/channels/phone"
        line = Line(NUMBER, f"{base}/voice", ACCOUNT_SID, AUTH_TOKEN, f"{base}/status", api=self.twilio.url)
        return await play_call(
            line,
            scene,
            self.transcript.append,
            recordings=Shelf(self.twilio),
            session=self.session,
            now=self.rig.clock.now(),
            sleep=at_once,
        )

    def signed(self, path: str, form: dict[str, str]) -> Post:
        return signed_form(form, f"/channels/phone/{path}", base=self.rig.public_url)

    async def send(self, post: Post) -> tuple[int, str]:
        """Status and body. Raises aiohttp.ClientError where nobody answers."""
        url = URL(self.rig.public_url + post.path, encoded=True)
        async with self.session.post(url, data=post.body, headers=post.headers) as response:
            return response.status, await response.text()

    async def metric(self, name: str) -> float:
        """The sum over its labels; 0 while there is none."""
        async with self.session.get(f"http://127.0.0.1:{self.rig.ports['ops']}/metrics") as response:
            text = await response.text()
        return sum(float(value) for value in re.findall(rf"^{name}(?:{{[^}}]*}})? (\S+)$", text, re.MULTILINE))


@asynccontextmanager
async def phone_gateway(
    directory: Path,
    desks: Sequence[str] = ("acme", "norte"),
    adjust: Adjust | None = None,
    make: MakeRig | None = None,
    **settings: Any,
) -> AsyncIterator[PhoneGateway]:
    """Not started; `settings` are the channel's. `make` makes another rig than the usual one."""
    async with fake_twilio(SystemClock()) as twilio:

        def with_phone(content: dict[str, Any]) -> None:
            account = {"account_sid": ACCOUNT_SID, "auth_token": {"env": "TWILIO_AUTH_TOKEN"}, "numbers": [NUMBER]}
            api = {"api": twilio.url, "allow_private": True}
            content["channels"]["phone"] = {"type": "voice", "answer_within": "120s", **account, **api, **settings}
            for name, provider in content["providers"].items():
                provider["voice"] = {"dial": PHONES[name]}
            unhurried(content)
            if adjust is not None:
                adjust(content)

        def usual(change: Adjust, environment: Mapping[str, str]) -> Rig:
            # Who isn't known to be up is not rung first.
            return Rig(directory, desks, environment=environment, adjust=change, probed=True)

        async with (
            (make or usual)(with_phone, {"TWILIO_AUTH_TOKEN": AUTH_TOKEN}) as rig,
            aiohttp.ClientSession() as session,
        ):
            yield PhoneGateway(rig, twilio, session)
