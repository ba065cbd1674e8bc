"""How long a caller waits at most until a phone rings at the desk that answers. Pure; all times in seconds.

Symbols: M greeting, menus and keys; v what is said before a desk is dialled; t how long a desk may ring; c the slack
of Twilio and the carriers beyond it; S set-up of a call until the desk's phone rings; A how long an agent's key is
waited for where a desk's queue has picked up; w one webhook.
"""

import math
from collections.abc import Sequence

from channels.phone import inputs
from channels.phone.call import ASKING, Call, State
from channels.phone.flow import Flow
from channels.phone.settings import VoiceSettings
from channels.phone.speaking import Speaker
from channels.phone.spoken import AUDIO_SECONDS, CHARACTERS_A_SECOND, seconds_of
from gateway.core.bound import Bound, Term
from gateway.core.dialling import Desk
from gateway.core.settings import show_duration
from gateway.core.texts import Saying
from gateway.core.values import dataclass

SET_UP = 3.0
"""Until a phone of the telephone network rings. What ITU-T E.721 aims at for local calls, on average."""
SLACK = 5.0
"""Twilio's page on the call resource: for some calls 5 s are added to a timeout."""
WEBHOOK = 0.5
WORST_WEBHOOK = 15.0
"""Twilio gives up then, and asks the fallback URL."""


def ringing(settings: VoiceSettings, speaker: Speaker, desks: Sequence[Desk], webhook: float = WEBHOOK) -> Bound:
    """T_call: from the call's arrival until the phone of the last of `desks` rings, none before it having answered.

        T = M + sum of v + sum over the desks before (S + t + c + A) + S + n w

    A desk rings t, and Twilio may notice c late; set-up comes before. Where its queue picks up in the last moment, the
    key is waited for A longer: `accept_within`, and what the agent is told once more where that has begun. n counts the
    webhooks: one for each answer that the machine gives on this way, one for each whisper. The machine itself is driven
    along it, with the words that it says, in the language whose words are longest.
    """
    way = max((_rehearse(settings, speaker, desks, *entry) for entry in _entries(settings)), key=_Way.seconds)
    *before, last = desks
    webhooks = len(way.opening) + len(way.words) + sum(desk.accept_key is not None for desk in before)
    terms = (
        Term(Saying("greeting, menus and keys"), sum(way.opening), "M"),
        Term(Saying("what is said before desks are dialled"), sum(way.words), "v"),
        *(term for desk, overrun in zip(before, way.overruns, strict=False) for term in _in_vain(desk, overrun)),
        Term(Saying("set-up of the call to {provider}", provider=last.provider), SET_UP, "S"),
        Term(Saying("{count} webhooks", count=webhooks), webhooks * webhook, "n w"),
    )
    what = Saying("a call, until it rings at {provider}", provider=last.provider)
    return Bound(what, terms, _assumptions(settings, webhook))


def longest(settings: VoiceSettings, speaker: Speaker, desks: Sequence[Desk], webhook: float = WEBHOOK) -> Bound:
    """T_call in whatever order these desks are dialled: who is doubtful comes last, so that may be any of them."""
    orders = ([*desks[:last], *desks[last + 1 :], desks[last]] for last in reversed(range(len(desks))))
    return max((ringing(settings, speaker, order, webhook) for order in orders), key=lambda bound: bound.seconds)


def _in_vain(desk: Desk, overrun: float) -> list[Term]:
    rings = Saying("{provider} rings in vain", provider=desk.provider)
    terms = [Term(rings, SET_UP + desk.timeout + SLACK, "S + t + c")]
    if desk.accept_key is not None:
        nobody = Saying("nobody at {provider} presses the key", provider=desk.provider)
        terms.append(Term(nobody, desk.accept_within + overrun, "A"))
    return terms


def _assumptions(settings: VoiceSettings, webhook: float) -> tuple[Saying, ...]:
    recordings = Saying("a recording to be played lasts at most {seconds}", seconds=show_duration(AUDIO_SECONDS))
    own_time = Saying("keying in a reference is the caller's own time")
    return (
        Saying("the caller presses no wrong key"),
        Saying("a voice says {characters} characters a second", characters=CHARACTERS_A_SECOND),
        *((recordings,) if settings.audio else ()),
        *((own_time,) if settings.ask_reference else ()),
        Saying("a phone rings within {set_up} of being dialled", set_up=show_duration(SET_UP)),
        Saying("Twilio ends a Dial at most {slack} after its timeout", slack=show_duration(SLACK)),
        Saying("a webhook is answered within {webhook}, network included", webhook=show_duration(webhook)),
    )


class _EverybodyUp:
    """Every desk can be dialled, and anybody called back: the longest menu."""

    def __init__(self, desks: Sequence[Desk]) -> None:
        self._desks = desks

    def desks(self, _: Call) -> Sequence[Desk]:
        return self._desks

    def may_call_back(self, _: inputs.Incoming) -> bool:
        return True


def _entries(settings: VoiceSettings) -> list[tuple[str, str]]:
    """Numbers to call, and the key to press at the language menu."""
    keys = [str(key) for key, _ in enumerate(settings.languages, 1)]
    return [(number, key) for number in settings.numbers for key in keys]


@dataclass(frozen=True, slots=True)
class _Way:
    """Seconds of what is heard on the way of a call."""

    opening: list[float]
    """Each answer until the first desk is dialled."""
    words: list[float]
    """Each answer that dials a desk."""
    overruns: list[float]
    """Of each desk: a last request for its agent's key, begun just in time."""

    def seconds(self) -> float:
        return sum((*self.opening, *self.words, *self.overruns[:-1]))


def _rehearse(settings: VoiceSettings, speaker: Speaker, desks: Sequence[Desk], called: str, key: str) -> _Way:
    flow, facts, way = Flow(settings), _EverybodyUp(desks), _Way([], [], [])
    call = flow.begin(inputs.Incoming(0.0, "", "", called), facts)
    while call.state in ASKING:
        way.opening.append(seconds_of(speaker.answer(call)))
        digits = key if call.state is State.LANGUAGE else ""
        call = flow.advance(call, inputs.Keys(0.0, call.step, digits), facts)
    while call.state is State.DIALLING:
        way.words.append(seconds_of(speaker.answer(call)))
        call = flow.advance(call, inputs.Whispered(0.0, call.step), facts)
        in_time = math.nextafter(call.legs[-1].desk.accept_within, 0.0)
        way.overruns.append(seconds_of(speaker.answer_to(inputs.Whispered(in_time, call.step), call)))
        call = flow.advance(call, inputs.DialEnded(0.0, call.step, "no-answer"), facts)
    return way
