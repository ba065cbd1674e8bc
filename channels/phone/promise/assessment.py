"""Whether a line keeps its contracted time to answer: what `relevo check` prints, and `serve` refuses by. Pure."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from channels.phone.promise.bounds import WEBHOOK, WORST_WEBHOOK, longest
from channels.phone.settings import VoiceSettings
from channels.phone.speaking import Speaker
from gateway.core.bound import Bound, Knob
from gateway.core.dialling import Desk
from gateway.core.settings import show_duration
from gateway.core.texts import Saying
from gateway.core.values import dataclass

_SHORTEST = 5
"""Seconds: what a desk must be given to ring, and its agent to press the key."""


@dataclass(frozen=True, slots=True)
class Crew:
    """The desks that a policy has for the calls of a line, in its order."""

    policy: str
    desks: tuple[Desk, ...]


@dataclass(frozen=True, slots=True)
class CrewAssessment:
    """How long a caller waits whom this policy serves."""

    crew: Crew
    typical: Bound
    slowest: Bound
    """With webhooks that take as long as Twilio bears."""


@dataclass(frozen=True, slots=True)
class LineAssessment:
    """All that is known beforehand of one voice channel."""

    channel: str
    contract: float
    crews: tuple[CrewAssessment, ...]
    """Of the policies that may get its calls and have a desk for them."""
    problem: Saying | None
    """Why the contract can't be met."""
    knob: Knob | None
    """What to turn where it isn't met; None where no single setting is enough."""
    warnings: tuple[Saying, ...]

    @property
    def met(self) -> bool:
        return self.problem is None


class LineAssessor:
    """Assesses one voice channel."""

    def __init__(self, channel: str, settings: VoiceSettings, speaker: Speaker) -> None:
        self._channel = channel
        self._settings = settings
        self._speaker = speaker

    def assess(self, crews: Sequence[Crew], public_url: str) -> LineAssessment:
        """`crews` are those of every policy that may get a call of this channel."""
        assessed = tuple(
            CrewAssessment(crew, self._bound(crew.desks, WEBHOOK), self._bound(crew.desks, WORST_WEBHOOK))
            for crew in crews
            if crew.desks
        )
        late = [each for each in assessed if not self._keeps(each.typical.seconds)]
        problem = self._problem(crews, late)
        knob = self._knob(crews) if late and all(crew.desks for crew in crews) else None
        warnings = tuple(dict.fromkeys(self._warnings(crews, public_url)))
        return LineAssessment(self._channel, self._settings.answer_within, assessed, problem, knob, warnings)

    def _bound(self, desks: Sequence[Desk], webhook: float) -> Bound:
        return longest(self._settings, self._speaker, desks, webhook)

    def _keeps(self, seconds: float) -> bool:
        return seconds <= self._settings.answer_within

    def _problem(self, crews: Sequence[Crew], late: Sequence[CrewAssessment]) -> Saying | None:
        for crew in crews:
            if not crew.desks:
                return Saying("no provider of policy {policy} has a phone: give one voice", policy=crew.policy)
        if not late:
            return None
        worst = max(late, key=lambda each: each.typical.seconds)
        return Saying(
            "by policy {policy} a caller may wait {needed}, and {contract} are promised",
            policy=worst.crew.policy,
            needed=show_duration(round(worst.typical.seconds, 1)),
            contract=show_duration(self._settings.answer_within),
        )

    # the setting that has to be turned by the smallest part of its value

    def _knob(self, crews: Sequence[Crew]) -> Knob | None:
        desks = {desk.provider: desk for crew in crews for desk in crew.desks}.values()
        knobs = [knob for desk in desks for knob in self._turned(desk, crews)]
        return min(knobs, key=lambda knob: (knob.now - knob.to) / knob.now, default=None)

    def _turned(self, desk: Desk, crews: Sequence[Crew]) -> Iterator[Knob]:
        excess = self._longest(crews) - self._settings.answer_within
        shorter_ring = math.floor(desk.timeout - excess)
        if shorter_ring >= _SHORTEST and self._is_enough(replace(desk, timeout=shorter_ring), crews):
            yield Knob(f"providers.{desk.provider}.voice.timeout", desk.timeout, shorter_ring)
        shorter_queue = math.floor(desk.accept_within - excess)
        if shorter_queue >= _SHORTEST and self._is_enough(replace(desk, accept_within=shorter_queue), crews):
            yield Knob(f"providers.{desk.provider}.voice.queue_within", desk.accept_within, shorter_queue)

    def _is_enough(self, turned: Desk, crews: Sequence[Crew]) -> bool:
        def with_turned(crew: Crew) -> Crew:
            desks = tuple(turned if desk.provider == turned.provider else desk for desk in crew.desks)
            return Crew(crew.policy, desks)

        return self._keeps(self._longest([with_turned(crew) for crew in crews]))

    def _longest(self, crews: Sequence[Crew]) -> float:
        return max(self._bound(crew.desks, WEBHOOK).seconds for crew in crews)

    # warnings

    def _warnings(self, crews: Sequence[Crew], public_url: str) -> Iterator[Saying]:
        if urlsplit(public_url).scheme != "https":
            yield Saying(
                "gateway.public.url is {url}: Twilio asks only what the Internet reaches, and without https whoever is "
                "between can listen in",
                url=public_url,
            )
        for crew in crews:
            if len(crew.desks) == 1:
                yield Saying(
                    "only {provider} has a phone in policy {policy}: when it doesn't answer, nobody does",
                    provider=crew.desks[0].provider,
                    policy=crew.policy,
                )
            for desk in crew.desks:
                yield from self._doubts(desk)

    def _doubts(self, desk: Desk) -> Iterator[Saying]:
        if desk.accept_key is None:
            yield Saying(
                "{provider} has no accept_key: whatever picks up there, a queue or a machine, counts as an answer",
                provider=desk.provider,
            )
        if desk.caller_id is not None and desk.caller_id not in self._settings.numbers:
            yield Saying(
                "{provider} is shown {number}, none of the channel's numbers: Twilio fails the call unless that number "
                "is verified in the account",
                provider=desk.provider,
                number=desk.caller_id,
            )
