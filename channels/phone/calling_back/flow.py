"""The way of a call back: a pure machine, moved by time, Twilio's REST API and its webhooks, and only forward.

| state     | input                              | goes to                                                         |
|-----------|------------------------------------|-----------------------------------------------------------------|
| WAITING   | Due                                | a new round: *next*; *again* while people aren't called         |
|           | Refused                            | ENDED, refused                                                  |
| DESK      | Ordering                           | stays; ENDED, no_agent where it is too late; *next* after two   |
|           | NotOrdered, Ordered, PickedUp      | stays                                                           |
|           | OrderRefused, DeskEnded            | *next*                                                          |
|           | Refused                            | ENDED, refused                                                  |
|           | AgentKeys: the key                 | REQUESTER                                                       |
| REQUESTER | RequesterPickedUp                  | stays                                                           |
|           | RequesterEnded, unheard but joined | ENDED, reached: Twilio couldn't have our document for that end   |
|           | RequesterKeys: to speak            | TALKING                                                         |
|           | RequesterKeys: not to be called    | ENDED, declined                                                 |
|           | RequesterEnded, DeskEnded          | *again*; ENDED, not_reached after the last try                  |
| TALKING   | RequesterEnded, the two not joined | *again*; ENDED, not_reached after the last try                  |
|           | RequesterEnded, DeskEnded          | ENDED, reached                                                  |
| any       | RequesterEnded, DeskEnded          | fills in when the lines ended, and how long they were open      |

*next* is DESK with the first desk that may be called now and was not in this round; where there is none, *again*.
*again* is WAITING for a pause; where that would be too late, or the requester's phone was called as often as it may be,
ENDED: not_reached if it was called, else no_agent; refused where the hours never allowed a single call.

The requester's phone is called when an agent has pressed the key, and not before: nobody is called to hear a queue. At
the requester's end only who presses a key is joined: no machine counts as reached, and who is called without having
asked for it hears who calls, and can have it stopped.

What isn't in the table changes nothing. Two lines to one desk can come of one order (see work.py): only the one
whose agent accepted goes on, since the step has gone on then, and only its end is the end.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Protocol

from channels.phone.call import LegResult
from channels.phone.calling_back import inputs
from channels.phone.calling_back.callback import (
    Answered,
    Callback,
    DeskLeg,
    Outcome,
    Refusal,
    RequesterLeg,
    State,
)
from channels.phone.settings import CallbackSettings
from gateway.core.clock import Instant
from gateway.core.dialling import Desk

ACCEPT_KEY = "1"
"""What an agent presses where the desk's settings name no key."""
JOIN_KEY = "1"
DECLINE_KEY = "9"
_MOST_ORDERS = 2
"""Of one leg: Twilio was asked, and after a minute still has no such call."""
_RESULTS = {"busy": LegResult.BUSY, "no-answer": LegResult.NO_ANSWER, "completed": LegResult.NOT_ACCEPTED}


class Facts(Protocol):
    """What the machine asks of the world, as it is at this moment."""

    def desks(self, callback: Callback) -> Sequence[Desk]:
        """Whose agents may be called now for it, the best first: none that is down or closed."""


class CallbackFlow:
    """A channel's way of calling back."""

    def __init__(self, settings: CallbackSettings) -> None:
        self._settings = settings

    def advance(self, callback: Callback, received: inputs.Input, facts: Facts) -> Callback:
        """The call back after it; the same where it changes nothing."""
        callback = _note_ends(callback, received)
        match callback.state:
            case State.WAITING:
                return self._in_waiting(callback, received, facts)
            case State.DESK:
                return self._in_desk(callback, received, facts)
            case State.REQUESTER | State.TALKING:
                requester = callback.legs[-1].requester
                return self._with_agent(callback, requester, received) if requester else callback
            case State.ENDED:
                return callback

    def _in_waiting(self, callback: Callback, received: inputs.Input, facts: Facts) -> Callback:
        match received:
            case inputs.Refused():
                return _refuse(callback, received)
            case inputs.Due() if received.step == callback.step:
                return self._next(replace(callback, round=callback.round + 1), received.at, facts)
            case _:
                return callback

    # the desk

    def _in_desk(self, callback: Callback, received: inputs.Input, facts: Facts) -> Callback:
        leg = callback.legs[-1]
        match received:
            case inputs.Refused():
                return _refuse(_with_leg(callback, _ended(leg, received.at, LegResult.FAILED)), received)
            case inputs.DeskEnded() if _is_end_of(leg, received):
                result = _RESULTS.get(received.status, LegResult.FAILED)
                return self._next(_with_leg(callback, replace(leg, result=result)), received.at, facts)
            case inputs.DeskEnded() | inputs.RequesterEnded():
                return callback
        if getattr(received, "step", None) != leg.step:
            return callback
        match received:
            case inputs.Ordering() if received.orders == leg.orders:
                return self._order(callback, leg, received.at, facts)
            case inputs.NotOrdered():
                return _with_leg(callback, replace(leg, ordered_at=None, orders=max(0, leg.orders - 1)))
            case inputs.OrderRefused():
                return self._next(_with_leg(callback, _ended(leg, received.at, LegResult.FAILED)), received.at, facts)
            case inputs.Ordered():
                return _with_leg(callback, replace(leg, sid=leg.sid or received.sid))
            case inputs.PickedUp():
                picked_up_at = received.at if leg.picked_up_at is None else leg.picked_up_at
                return _with_leg(callback, replace(leg, sid=received.sid, picked_up_at=picked_up_at))
            case inputs.AgentKeys() if received.digits == accept_key(leg.desk):
                return _accept(callback, leg, received)
            case _:
                return callback

    def _order(self, callback: Callback, leg: DeskLeg, at: Instant, facts: Facts) -> Callback:
        if at < callback.until and leg.orders < _MOST_ORDERS:
            return _with_leg(callback, replace(leg, ordered_at=at, orders=leg.orders + 1))
        return self._next(_with_leg(callback, _ended(leg, at, LegResult.FAILED)), at, facts)

    def _next(self, callback: Callback, at: Instant, facts: Facts) -> Callback:
        if not self._settings.open_at(at):
            return self._again(callback, at, Refusal.HOURS)
        called = {leg.desk.provider for leg in callback.legs if leg.round == callback.round}
        desk = next((each for each in facts.desks(callback) if each.provider not in called), None)
        if desk is None or at >= callback.until:
            return self._again(callback, at)
        leg = DeskLeg(callback.step + 1, callback.round, desk)
        return _to(callback, State.DESK, legs=(*callback.legs, leg))

    def _again(self, callback: Callback, at: Instant, refusal: Refusal | None = None) -> Callback:
        """Later; where that would be too late, or was tried as often as it may be, not at all. `refusal` is why it
        could not even be tried."""
        due_at = at + self._settings.pause
        if due_at < callback.until and callback.tries < self._settings.tries:
            return _to(callback, State.WAITING, due_at=due_at)
        if callback.tries:
            return _end(callback, Outcome.NOT_REACHED, at)
        if refusal is not None and not callback.legs:
            return _end(callback, Outcome.REFUSED, at, refusal)
        return _end(callback, Outcome.NO_AGENT, at)

    # the requester

    def _with_agent(self, callback: Callback, requester: RequesterLeg, received: inputs.Input) -> Callback:
        match received:
            case inputs.DeskEnded() if _is_end_of(callback.legs[-1], received):
                return self._part(callback, requester, received.at)
            case inputs.RequesterEnded() if received.step == requester.step:
                if received.bridged and requester.picked_up_at is None:
                    callback, requester = _join_unheard(callback, requester, received)
                return self._part(callback, requester, received.at, joined=received.bridged is not False)
            case inputs.RequesterPickedUp() if received.step == requester.step:
                picked_up_at = received.at if requester.picked_up_at is None else requester.picked_up_at
                return _with_requester(callback, replace(requester, picked_up_at=picked_up_at))
            case inputs.RequesterKeys() if received.step == requester.step and callback.state is State.REQUESTER:
                return _hear_requester(callback, requester, received)
            case _:
                return callback

    def _part(self, callback: Callback, requester: RequesterLeg, at: Instant, *, joined: bool = True) -> Callback:
        """One of the two lines is cut. Who pressed the key at the moment when the agent hung up was not joined."""
        if callback.state is State.TALKING and joined:
            return _end(callback, Outcome.REACHED, at)
        ended_at = at if requester.ended_at is None else requester.ended_at
        nobody = replace(requester, ended_at=ended_at, answered=Answered.NOBODY)
        return self._again(_with_requester(callback, nobody), at)


def accept_key(desk: Desk) -> str:
    """What an agent of that desk presses to take a call back: there is always a key."""
    return desk.accept_key or ACCEPT_KEY


def _accept(callback: Callback, leg: DeskLeg, keys: inputs.AgentKeys) -> Callback:
    picked_up_at = keys.at if leg.picked_up_at is None else leg.picked_up_at
    accepted = replace(
        leg,
        sid=keys.sid,
        picked_up_at=picked_up_at,
        accepted_at=keys.at,
        result=LegResult.ANSWERED,
        requester=RequesterLeg(callback.step + 1, keys.at),
    )
    return _to(_with_leg(callback, accepted), State.REQUESTER)


def _hear_requester(callback: Callback, requester: RequesterLeg, keys: inputs.RequesterKeys) -> Callback:
    if keys.digits == JOIN_KEY:
        joined = replace(requester, joined_at=keys.at, answered=Answered.JOINED)
        return replace(_with_requester(callback, joined), state=State.TALKING)
    if keys.digits == DECLINE_KEY:
        return _end(
            _with_requester(callback, replace(requester, answered=Answered.DECLINED)), Outcome.DECLINED, keys.at
        )
    return callback


def _join_unheard(
    callback: Callback, requester: RequesterLeg, ended: inputs.RequesterEnded
) -> tuple[Callback, RequesterLeg]:
    """Twilio could not have our document for the requester's end: then it joins the two without asking for a key."""
    joined_at = max(requester.dialled_at, ended.at - ended.seconds)
    joined = replace(requester, picked_up_at=joined_at, joined_at=joined_at, answered=Answered.JOINED)
    return replace(_with_requester(callback, joined), state=State.TALKING), joined


def _note_ends(callback: Callback, received: inputs.Input) -> Callback:
    """When the lines ended, whatever the state: the two ends are told in any order, and both cost."""
    match received:
        case inputs.DeskEnded():
            leg = next((each for each in callback.legs if _is_end_of(each, received) and each.ended_at is None), None)
            if leg is not None:
                ended = replace(leg, ended_at=received.at, sid=received.sid, seconds=received.seconds)
                return _with_leg(callback, ended)
        case inputs.RequesterEnded():
            leg = next(
                (each for each in callback.legs if each.requester and each.requester.step == received.step), None
            )
            if leg is not None and leg.requester is not None and leg.requester.seconds is None:
                ended_at = received.at if leg.requester.ended_at is None else leg.requester.ended_at
                known = replace(leg.requester, ended_at=ended_at, seconds=received.seconds)
                return _with_leg(callback, replace(leg, requester=known))
    return callback


def _is_end_of(leg: DeskLeg, ended: inputs.DeskEnded) -> bool:
    return ended.step == leg.step and leg.sid in (None, ended.sid)


def _ended(leg: DeskLeg, at: Instant, result: LegResult) -> DeskLeg:
    """One that came to no line."""
    return replace(leg, ended_at=at, result=result)


def _refuse(callback: Callback, refused: inputs.Refused) -> Callback:
    return _end(callback, Outcome.REFUSED, refused.at, refused.refusal)


def _to(callback: Callback, state: State, **changes: Any) -> Callback:
    """Whatever belongs to the step before is late from now on."""
    return replace(callback, state=state, step=callback.step + 1, **changes)


def _end(callback: Callback, outcome: Outcome, at: Instant, refusal: Refusal | None = None) -> Callback:
    return _to(callback, State.ENDED, outcome=outcome, refusal=refusal, ended_at=at)


def _with_leg(callback: Callback, leg: DeskLeg) -> Callback:
    return replace(callback, legs=tuple(leg if each.step == leg.step else each for each in callback.legs))


def _with_requester(callback: Callback, requester: RequesterLeg) -> Callback:
    return _with_leg(callback, replace(callback.legs[-1], requester=requester))
