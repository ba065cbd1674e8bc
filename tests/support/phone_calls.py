"""Calls driven through the machine, with desks and a clock of the test's own."""

from collections.abc import Sequence
from typing import Any

from channels.phone import inputs
from channels.phone.answers import Answer
from channels.phone.call import Call, Leg
from channels.phone.flow import Flow
from channels.phone.keeping import read, written
from channels.phone.settings import VoiceSettings
from channels.phone.speaking import Speaker
from gateway.core.dialling import Desk

NUMBER = "+34910000000"
CALLER = "+34600111222"
ACME = Desk("acme", "+34910000001", 15)
NORTE = Desk("norte", "+34910000002", 20)
WITH_KEY = Desk("acme", "+34910000001", 15, accept_key="1", accept_within=30.0)
CATEGORIES = ({"id": "fault", "name": {"es": "averías", "en": "faults"}}, {"id": "bill", "name": "facturas"})


def voice_settings(**changes: Any) -> VoiceSettings:
    """Of a number in Spanish, without menus."""
    account = {"account_sid": f"AC{'0' * 32}", "auth_token": "a token of some length", "numbers": [NUMBER]}
    return VoiceSettings.model_validate({**account, **changes})


class World:
    """Which desks may be dialled, and whether callers may be called back: the test changes it as it likes."""

    def __init__(self, *desks: Desk, call_back: bool = False) -> None:
        self.up: Sequence[Desk] = desks
        self.call_back = call_back
        self.asked_for: list[Call] = []

    def desks(self, call: Call) -> Sequence[Desk]:
        self.asked_for.append(call)
        return self.up

    def may_call_back(self, _: inputs.Incoming) -> bool:
        return self.call_back


class Line:
    """One call. Between any two webhooks the gateway is killed: nothing goes on but what was written down."""

    def __init__(self, world: World, caller: str = CALLER, called: str = NUMBER, **changes: Any) -> None:
        self.settings = voice_settings(**changes)
        self.world = world
        self.flow = Flow(self.settings)
        self.speaker = Speaker(self.settings, "Ayuntamiento")
        self.now = 1000.0
        self.call = self.flow.begin(inputs.Incoming(self.now, "CA1", caller, called), world)

    @property
    def step(self) -> int:
        return self.call.step

    @property
    def leg(self) -> Leg:
        return self.call.legs[-1]

    @property
    def dialled(self) -> list[str]:
        return [leg.desk.provider for leg in self.call.legs]

    def hear(self, received: inputs.Input) -> Call:
        self.call = self.flow.advance(read(written(self.call)), received, self.world)
        return self.call

    def after(self, seconds: float) -> float:
        self.now += seconds
        return self.now

    def press(self, digits: str) -> Call:
        return self.hear(inputs.Keys(self.after(5), self.step, digits))

    def end_dial(self, status: str, after: float = 10, **known: Any) -> Call:
        return self.hear(inputs.DialEnded(self.after(after), self.step, status, **known))

    def whisper(self) -> Call:
        return self.hear(inputs.Whispered(self.after(4), self.step))

    def press_at_desk(self, digits: str) -> Call:
        return self.hear(inputs.WhisperKeys(self.after(3), self.step, digits))

    def end_record(self, seconds: float = 0.0, *, gone: bool = False) -> Call:
        return self.hear(inputs.RecordEnded(self.after(seconds + 5), self.step, seconds, gone))

    def hang_up(self) -> Call:
        return self.hear(inputs.HungUp(self.after(2)))

    def answer(self) -> Answer:
        return self.speaker.answer(self.call)
