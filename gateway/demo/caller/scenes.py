"""Calls that are worth seeing, each by its name: how a line with two desks fares when the first does this or that."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from gateway.core.texts import mark
from gateway.demo.caller.script import Behaviour, Caller, Desk, Scene

_TALK = 20.0
"""Seconds: whoever watches has seen it by then."""

Staged = Callable[[str, str, Caller], Scene]
"""Of the first desk's number, the second's, and the caller as the terminal has it."""


def _first(desk: Desk) -> Staged:
    """The first desk does that, the second answers."""
    return lambda first, second, caller: Scene(caller, {second: Desk(rings_for=4, talks_for=_TALK), first: desk})


def _nobody(caller_says: float) -> Staged:
    def staged(first: str, second: str, caller: Caller) -> Scene:
        desks = {first: Desk(Behaviour.RINGS), second: Desk(Behaviour.BUSY)}
        return Scene(replace(caller, message=caller_says), desks)

    return staged


SCENES: Mapping[str, tuple[str, Staged]] = {
    "answered": (mark("The first desk answers."), _first(Desk(talks_for=_TALK))),
    "busy": (mark("The first desk is busy."), _first(Desk(Behaviour.BUSY))),
    "rings-out": (mark("Nobody answers at the first desk."), _first(Desk(Behaviour.RINGS))),
    "unreachable": (mark("The first desk's line is out of order."), _first(Desk(Behaviour.FAILS))),
    "queue": (mark("The first desk's queue picks up, and nobody comes."), _first(Desk(Behaviour.QUEUE))),
    "voicemail": (mark("Nobody answers anywhere, and a message is left."), _nobody(12.0)),
    "silence": (mark("Nobody answers anywhere, and nothing is said after the tone."), _nobody(0.0)),
}
"""What it shows, in English, and how it is staged."""
