"""The state machine of one provider's health. It knows no clock and does no I/O: facts come in with their instants.

    unknown -> up <-> suspect -> down -> recovering -> up
                 (suspect and recovering fall to down; unknown may become suspect or down)

Failed probes and failed live attempts are evidence. Evidence raises suspicion, suspicion asks for confirming probes,
and enough of it means down:

- `failures` failed probes, none of them followed by a success that started later;
- `live_failures` failed live attempts, likewise (consecutive, as far as overlapping attempts can be);
- a failure rate of live attempts over a window, since two failures of three are never consecutive for long.
"""

from dataclasses import replace

from gateway.core.clock import Instant
from gateway.core.provider import HealthState, ProviderStatus
from gateway.core.values import dataclass
from routing.health.evidence import Doubt, FailureRate, Probe, Streak
from routing.health.recovery import Recovery, Relapses
from routing.health.settings import HealthSettings


@dataclass(frozen=True, slots=True)
class Transition:
    """A change of health. From recovering to recovering: the hold is over and new tickets begin to return."""

    provider: str
    old: HealthState
    new: HealthState
    at: Instant
    reason: str


@dataclass(frozen=True, slots=True)
class Reaction:
    """What follows from a fact."""

    transitions: tuple[Transition, ...] = ()
    confirmers: int = 0
    """How many confirming probes to start: the first at once, the others `confirm_every` apart."""


_NOTHING = Reaction()
_HAD_FAILED = frozenset({HealthState.DOWN, HealthState.RECOVERING})


class HealthMachine:
    """Every method but the readings takes a fact and answers with what follows from it."""

    def __init__(self, name: str, settings: HealthSettings, now: Instant, known: ProviderStatus | None = None) -> None:
        """`known` is its health from before a restart: a provider that had failed has to hold out here too."""
        self._name = name
        self._settings = settings
        self._state = HealthState.UNKNOWN
        self._since = now
        self._reason = "not yet probed"
        self._first_bad_at: Instant | None = None
        self._probes = Streak()
        self._slow: set[Instant] = set()
        self._bad_at = now
        """While down: when it fell, or the start of the last bad probe since."""
        self._live = Streak()
        self._live_rate = FailureRate(settings.live_window, settings.live_minimum, settings.live_failure_rate)
        self._live_since = now
        self._doubt: Doubt | None = None
        self._relapses = Relapses(settings.hold, settings.ramp)
        self._recovery: Recovery | None = None
        self._hold_over = False
        if known is not None and known.state in _HAD_FAILED:
            self._state = HealthState.DOWN
            self._since = known.since
            self._reason = known.reason
            self._first_bad_at = known.first_bad_at

    # Facts

    def probe_succeeded(self, probe: Probe, ended: Instant) -> Reaction:
        self._probes.succeeded(probe.started)
        self._slow = {started for started in self._slow if started > probe.started}
        self._relieve(probe.started)
        if self._state is HealthState.DOWN and probe.started >= self._bad_at:
            return self._answer_again(ended)
        if self._state is HealthState.UNKNOWN:
            return Reaction((self._move(HealthState.UP, ended, "a probe succeeded"),))
        return self._judge(ended, "a later probe succeeded")

    def probe_slow(self, probe: Probe, now: Instant) -> Reaction:
        """Not answered for `suspect_after` seconds; it may still be."""
        if self._state is HealthState.DOWN:
            return self._stay_down(probe)
        if self._is_refuted(probe):
            return _NOTHING
        self._slow.add(probe.started)
        return self._judge(now, "a probe is slow", self._wanted(probe))

    def probe_failed(self, probe: Probe, ended: Instant, *, explicit: bool, reason: str) -> Reaction:
        """`explicit` where the provider or its network answered with an error, not with silence."""
        if self._state is HealthState.DOWN:
            return self._stay_down(probe)
        known = probe.started in self._slow
        self._slow.discard(probe.started)
        if self._is_refuted(probe):
            return self._judge(ended, reason)
        self._probes.failed(probe.started, explicit=explicit)
        if self._recovery and ended < self._recovery.hold_ends:
            self._recovery = replace(self._recovery, hold_from=ended)
        return self._judge(ended, reason, 0 if known else self._wanted(probe))

    def live_succeeded(self, started: Instant, ended: Instant) -> Reaction:
        """The provider answered an attempt, be it to accept or to refuse the ticket."""
        if not self._is_current(started):
            return _NOTHING
        self._live.succeeded(started)
        self._live_rate.add(started, ended, failed=False)
        self._relieve(started)
        return self._judge(ended, "a later attempt succeeded")

    def live_failed(self, started: Instant, ended: Instant, *, explicit: bool, reason: str) -> Reaction:
        """An attempt met an error that is the provider's (never a refusal of one ticket), or silence."""
        if not self._is_current(started):
            return _NOTHING
        suspected = self.confirming
        self._live.failed(started, explicit=explicit)
        self._live_rate.add(started, ended, failed=True)
        doubt = Doubt(started, ended, explicit)
        self._doubt = self._doubt.and_then(doubt) if self._doubt else doubt
        return self._judge(ended, reason, 0 if suspected else self._settings.failures)

    def tick(self, now: Instant) -> Reaction:
        """Time passed. Due at `next_tick`; earlier or later does no harm."""
        return self._judge(now, self._reason)

    # Readings

    @property
    def state(self) -> HealthState:
        return self._state

    @property
    def confirming(self) -> bool:
        """There is a suspicion that more probes can confirm or clear."""
        return bool(self._slow) or len(self._probes) > 0 or self._doubt is not None

    def next_tick(self) -> Instant | None:
        """When time alone will change something; a fact will, where this is None."""
        if self._recovery is None:
            return None
        if not self._hold_over:
            return self._recovery.hold_ends
        return None if self.confirming else self._recovery.ends

    def status(self, now: Instant) -> ProviderStatus:
        return ProviderStatus(
            name=self._name,
            state=self._state,
            since=self._since,
            reason=self._reason,
            hard=self._probes.explicit or (self._doubt is not None and self._doubt.explicit),
            share=self._share(now),
            last_good_at=self._probes.last_success,
            first_bad_at=self._first_bad_at,
        )

    # Judgement

    def _judge(self, now: Instant, reason: str, confirmers: int = 0) -> Reaction:
        """The one place where evidence becomes state."""
        if self._state is HealthState.DOWN:
            return _NOTHING
        cause = self._cause_of_failure(reason)
        if cause is not None:
            return Reaction((self._fall(now, cause),))
        if self._recovery is not None:
            return Reaction(self._advance(now, self._recovery), confirmers)
        if self.confirming and self._state is not HealthState.SUSPECT:
            self._first_bad_at = self._first_evidence()
            return Reaction((self._move(HealthState.SUSPECT, now, reason),), confirmers)
        if self._state is HealthState.SUSPECT and not self.confirming:
            self._first_bad_at = None
            return Reaction((self._move(HealthState.UP, now, reason),))
        return Reaction((), confirmers) if confirmers else _NOTHING

    def _cause_of_failure(self, reason: str) -> str | None:
        if len(self._probes) >= self._settings.failures:
            return f"{len(self._probes)} probes failed: {reason}"
        if len(self._live) >= self._settings.live_failures:
            return f"{len(self._live)} attempts in a row failed: {reason}"
        if self._live_rate.exceeded:
            return f"{self._live_rate}: {reason}"
        return None

    def _fall(self, now: Instant, cause: str) -> Transition:
        recovering = self._recovery is not None
        self._relapses.fell(now, recovering=recovering)
        self._first_bad_at = self._first_evidence()
        self._recovery = None
        self._start_afresh(now)
        self._bad_at = now
        return self._move(HealthState.DOWN, now, cause)

    def _stay_down(self, probe: Probe) -> Reaction:
        """A success that started before this bad probe is stale: it may not bring the provider back."""
        self._bad_at = max(self._bad_at, probe.started)
        return _NOTHING

    def _answer_again(self, now: Instant) -> Reaction:
        self._recovery = self._relapses.recovery(now)
        self._hold_over = False
        self._start_afresh(now)
        back = self._move(HealthState.RECOVERING, now, "a probe succeeded")
        return Reaction((back, *self._advance(now, self._recovery)))

    def _advance(self, now: Instant, recovery: Recovery) -> tuple[Transition, ...]:
        """Along hold and ramp; the end of the ramp waits until no suspicion is left."""
        transitions = []
        if not self._hold_over and now >= recovery.hold_ends:
            self._hold_over = True
            reason = f"healthy for {recovery.hold:g} s: new tickets return"
            transitions.append(Transition(self._name, self._state, self._state, now, reason))
        if now >= recovery.ends and not self.confirming:
            self._recovery = None
            self._relapses.recovered(now)
            self._first_bad_at = None
            transitions.append(self._move(HealthState.UP, now, "the ramp is over"))
        return tuple(transitions)

    def _share(self, now: Instant) -> float:
        if self._state is HealthState.DOWN:
            return 0.0
        if self._recovery is None:
            return 1.0
        return 0.0 if self.confirming else self._recovery.share(now)

    # Evidence

    def _is_refuted(self, probe: Probe) -> bool:
        last = self._probes.last_success
        return last is not None and probe.started < last

    def _is_current(self, started: Instant) -> bool:
        """An attempt that began before the present spell of health says nothing about it."""
        return self._state is not HealthState.DOWN and started >= self._live_since

    def _wanted(self, probe: Probe) -> int:
        """Each regular probe that turns bad brings its own confirmers: on that rests the bound of detection."""
        return 0 if probe.confirming else self._settings.failures - 1

    def _relieve(self, success_started: Instant) -> None:
        """A success clears the doubt that live failures raised, if it started after the last of them."""
        if self._doubt is not None and success_started >= self._doubt.latest:
            self._doubt = None

    def _first_evidence(self) -> Instant | None:
        rate = self._live_rate.first_failure if self._live_rate.exceeded else None
        doubt = self._doubt.since if self._doubt else None
        starts = (min(self._slow, default=None), self._probes.first, self._live.first, doubt, rate)
        return min((start for start in starts if start is not None), default=None)

    def _start_afresh(self, now: Instant) -> None:
        """Old evidence has had its effect."""
        self._probes.forget()
        self._live.forget()
        self._live_rate.forget()
        self._slow.clear()
        self._live_since = now
        self._doubt = None

    def _move(self, new: HealthState, now: Instant, reason: str) -> Transition:
        old, self._state = self._state, new
        self._since = now
        self._reason = reason
        return Transition(self._name, old, new, now, reason)
