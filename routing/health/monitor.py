"""The watch over one provider: probes on a fixed grid of times, confirming probes beside it, live facts as they come.

The state machine decides; here are only its clock, its timers and its probes. Probes start when they are due whatever
the last one did, since waiting for it would add its length to the bound of detection.
"""

import asyncio
import math
import random
from collections.abc import Callable

import structlog

from gateway.core.clock import Clock, Instant
from gateway.core.errors import NoMeans, ProviderUnavailable
from gateway.core.ports import Provider
from gateway.core.provider import ProviderStatus
from routing.health.evidence import Probe
from routing.health.machine import HealthMachine, Reaction, Transition
from routing.health.settings import HealthSettings

_log = structlog.get_logger("relevo.health")
_OWN_LAG = 0.5
"""A probe that ends so many seconds after its time is our own standstill (a stopped process, a paused machine)."""


class Monitor:
    """Watches while `run` runs. All other methods are to be called on the same event loop, and never wait."""

    def __init__(
        self,
        provider: Provider,
        settings: HealthSettings,
        clock: Clock,
        on_transition: Callable[[Transition], None],
        *,
        on_probe: Callable[[float], None] = lambda _seconds: None,
        chance: Callable[[], float] = random.random,
        known: ProviderStatus | None = None,
    ) -> None:
        """`on_transition` hears of every change of health; `on_probe` of each probe's seconds; `chance` gives [0, 1)
        for the jitter; `known` is the health from before a restart."""
        self._provider = provider
        self._settings = settings
        self._clock = clock
        self._on_transition = on_transition
        self._on_probe = on_probe
        self._chance = chance
        self._machine = HealthMachine(provider.name, settings, clock.now(), known)
        self._tasks: asyncio.TaskGroup | None = None
        self._timer: asyncio.TimerHandle | None = None

    async def run(self) -> None:
        """Watch until cancelled; every probe has ended when this returns."""
        try:
            async with asyncio.TaskGroup() as self._tasks:
                try:
                    await self._probe_on_the_grid(self._tasks)
                finally:
                    self._tasks = None  # before the group ends its tasks, and would refuse new ones
        finally:
            if self._timer is not None:
                self._timer.cancel()

    def status(self, now: Instant) -> ProviderStatus:
        return self._machine.status(now)

    def live_succeeded(self, started: Instant, ended: Instant) -> None:
        """The provider answered an attempt, be it to accept or to refuse the ticket."""
        self._react(self._machine.live_succeeded(started, ended))

    def live_failed(self, started: Instant, ended: Instant, *, explicit: bool, reason: str) -> None:
        """An attempt met an error that is the provider's (never a refusal of one ticket), or silence."""
        self._react(self._machine.live_failed(started, ended, explicit=explicit, reason=reason))

    # Probes

    async def _probe_on_the_grid(self, tasks: asyncio.TaskGroup) -> None:
        period, jitter = self._settings.every, self._settings.jitter
        origin = self._clock.now()
        number = 0
        while True:
            await self._sleep_until(origin + (number + jitter * self._chance()) * period)
            self._start(tasks, confirming=False)
            missed = math.ceil((self._clock.now() - origin) / period)  # after a machine's sleep: no burst to catch up
            number = max(number + 1, missed)

    async def _confirm(self, tasks: asyncio.TaskGroup, count: int) -> None:
        spacing, jitter = self._settings.confirm_every, self._settings.jitter
        for left in range(count, 0, -1):
            if not self._machine.confirming:
                return
            self._start(tasks, confirming=True)
            if left > 1:
                await asyncio.sleep(spacing * (1 + jitter * self._chance()))

    def _start(self, tasks: asyncio.TaskGroup, *, confirming: bool) -> None:
        probe = Probe(self._clock.now(), confirming)
        tasks.create_task(self._probe(probe), name=f"probe {self._provider.name}")

    async def _probe(self, probe: Probe) -> None:
        timeout, suspect_after = self._settings.timeout, self._settings.suspect_after
        slow = None
        if suspect_after < timeout:
            slow = asyncio.get_running_loop().call_later(suspect_after, self._slow, probe)
        try:
            async with asyncio.timeout(timeout):
                await self._provider.probe(timeout)
        except NoMeans as error:
            _log.error("a probe says nothing: this machine has no means to ask", error=str(error))
        except ProviderUnavailable as error:
            self._failed(probe, str(error), explicit=True)
        except TimeoutError:
            if self._clock.now() - probe.started > timeout + _OWN_LAG:
                _log.warning("a probe says nothing: this process stood still meanwhile", provider=self._provider.name)
            else:
                self._failed(probe, f"no answer within {timeout:g} s", explicit=False)
        except Exception as error:
            _log.exception("a probe failed by an error of ours", provider=self._provider.name)
            self._failed(probe, f"could not be probed: {type(error).__name__}", explicit=False)
        else:
            self._react(self._machine.probe_succeeded(probe, self._clock.now()))
        finally:
            if slow is not None:
                slow.cancel()
        self._on_probe(self._clock.now() - probe.started)

    def _slow(self, probe: Probe) -> None:
        self._react(self._machine.probe_slow(probe, self._clock.now()))

    def _failed(self, probe: Probe, reason: str, *, explicit: bool) -> None:
        self._react(self._machine.probe_failed(probe, self._clock.now(), explicit=explicit, reason=reason))

    # Reactions

    def _react(self, reaction: Reaction) -> None:
        for transition in reaction.transitions:
            try:
                self._on_transition(transition)
            except Exception:
                _log.exception("a change of health was not heard", provider=self._provider.name)
        if reaction.confirmers and self._tasks is not None:
            confirming = self._confirm(self._tasks, reaction.confirmers)
            self._tasks.create_task(confirming, name=f"confirm {self._provider.name}")
        if reaction.transitions:
            self._set_timer()

    def _set_timer(self) -> None:
        """Have the machine look when time alone changes something."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        due = self._machine.next_tick()
        if due is not None and self._tasks is not None:
            delay = max(0.0, due - self._clock.now())
            self._timer = asyncio.get_running_loop().call_later(delay, self._tick)

    def _tick(self) -> None:
        self._react(self._machine.tick(self._clock.now()))
        self._set_timer()

    async def _sleep_until(self, at: Instant) -> None:
        await asyncio.sleep(max(0.0, at - self._clock.now()))
