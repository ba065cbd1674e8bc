"""Calls back driven through the machine, with desks and a clock of the test's own."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from channels.phone.answers import Answer
from channels.phone.calling_back import inputs
from channels.phone.calling_back.callback import Callback, DeskLeg, RequesterLeg, State
from channels.phone.calling_back.flow import CallbackFlow
from channels.phone.calling_back.keeping import read, written
from channels.phone.calling_back.speaking import CallbackSpeaker
from channels.phone.settings import CallbackSettings
from gateway.core.dialling import Desk
from tests.support.phone_calls import ACME, NORTE, NUMBER

REQUESTER = "+34600111222"
NOON = 1_784_541_600.0  # 2026-07-20 12:00 in Madrid, a Monday


def callback_settings(**changes: Any) -> CallbackSettings:
    return CallbackSettings.model_validate(changes)


def new_callback(**changes: Any) -> Callback:
    """Asked for by the requester at noon, and due at once."""
    fields: dict[str, Any] = {
        "id": "CB1",
        "number": REQUESTER,
        "caller_id": NUMBER,
        "language": "es",
        "ticket_id": "t1",
        "reference": "4829157360",
        "asked_at": NOON,
        "until": NOON + 1800,
        "state": State.WAITING,
        "due_at": NOON,
    }
    return Callback(**{**fields, **changes})


class CallingBackLine:
    """One call back. Between any two inputs the gateway is killed: nothing goes on but what was written down."""

    def __init__(self, *desks: Desk, callback: Callback | None = None, **settings: Any) -> None:
        self.up: Sequence[Desk] = desks or (ACME, NORTE)
        self.settings = callback_settings(**settings)
        self.flow = CallbackFlow(self.settings)
        self.speaker = CallbackSpeaker(self.settings, "Ayuntamiento")
        self.callback = callback or new_callback()
        self.now = NOON

    def desks(self, callback: Callback) -> Sequence[Desk]:
        return self.up

    @property
    def leg(self) -> DeskLeg:
        return self.callback.legs[-1]

    @property
    def requester(self) -> RequesterLeg:
        assert self.leg.requester is not None
        return self.leg.requester

    @property
    def dialled(self) -> list[str]:
        return [leg.desk.provider for leg in self.callback.legs]

    def hear(self, received: inputs.Input) -> Callback:
        self.callback = self.flow.advance(read(written(self.callback)), received, self)
        return self.callback

    def after(self, seconds: float) -> float:
        self.now += seconds
        return self.now

    # the desk

    def begin(self) -> Callback:
        """The wait is over, and the desk, if there is one, is called."""
        self.now = max(self.now, self.callback.due_at)
        self.hear(inputs.Due(self.now, self.callback.step))
        return self.order() if self.callback.state is State.DESK else self.callback

    def order(self) -> Callback:
        self.hear(inputs.Ordering(self.after(0.1), self.leg.step, self.leg.orders))
        return self.hear(inputs.Ordered(self.after(0.5), self.leg.step, self.sid))

    @property
    def sid(self) -> str:
        return f"CA{self.leg.step}"

    def pick_up(self) -> Callback:
        return self.hear(inputs.PickedUp(self.after(6), self.leg.step, self.sid))

    def accept(self, digits: str = "1") -> Callback:
        self.pick_up()
        return self.hear(inputs.AgentKeys(self.after(3), self.leg.step, self.sid, digits))

    def end_desk(self, status: str = "completed", seconds: float = 0.0) -> Callback:
        """Its line is cut; the next desk, if there is one, is called."""
        self.hear(inputs.DeskEnded(self.after(5), self.leg.step, self.sid, status, seconds))
        return self.order() if self.callback.state is State.DESK else self.callback

    # the requester

    def answer(self, digits: str = "1") -> Callback:
        self.hear(inputs.RequesterPickedUp(self.after(8), self.requester.step))
        return self.hear(inputs.RequesterKeys(self.after(4), self.requester.step, digits))

    def end_requester(self, seconds: float = 0.0, *, bridged: bool | None = None) -> Callback:
        return self.hear(inputs.RequesterEnded(self.after(seconds + 1), self.requester.step, bridged, seconds))

    def in_vain(self) -> Callback:
        """An agent takes it, and the requester doesn't answer; both lines are cut."""
        self.begin()
        self.accept()
        self.end_requester()
        return self.hear(inputs.DeskEnded(self.after(1), self.leg.step, self.sid, "completed", 40.0))

    # what is heard

    def at_desk(self) -> Answer:
        return self.speaker.to_agent(self.callback, self.leg.step, self.now)

    def at_requester(self) -> Answer:
        return self.speaker.to_requester(self.callback, self.requester.step, self.now)

    def line_at(self, state: State) -> "CallingBackLine":
        """A new one, brought to that state."""
        line = CallingBackLine(*self.up)
        line.settings, line.flow = self.settings, self.flow
        for reach in _REACH[state]:
            getattr(line, reach)()
        assert line.callback.state is state
        return line


_REACH: dict[State, tuple[str, ...]] = {
    State.WAITING: (),
    State.DESK: ("begin",),
    State.REQUESTER: ("begin", "accept"),
    State.TALKING: ("begin", "accept", "answer"),
    State.ENDED: ("begin", "accept", "answer", "end_requester"),
}


def stepped(received: inputs.Input, step: int) -> inputs.Input:
    """Of that step; the same where it has none."""
    changes: Any = {"step": step} if hasattr(received, "step") else {}
    return replace(received, **changes)
