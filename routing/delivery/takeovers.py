"""Takeover of a whole service: the shell that follows the providers' health, policy by policy."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import structlog

from gateway.core.clock import Clock, Instant
from gateway.core.delivery import HANDING_OVER, Kind
from gateway.core.errors import StoreUnavailable
from gateway.core.events import (
    Event,
    FailbackStarted,
    NoProviderLeft,
    ProviderAvailableAgain,
    ProviderStateChanged,
    TakeoverEnded,
    TakeoverStarted,
)
from gateway.core.ids import new_id
from gateway.core.ports import TakeoverStore
from gateway.core.provider import HealthState, ProviderStatus, Takeover
from routing.delivery.fleet import Fleet
from routing.policy.plan import serving
from routing.policy.settings import PolicySettings
from routing.takeover.evidence import Promise, add_rescue, close_takeover, open_takeover

_log = structlog.get_logger("relevo.takeovers")
_REVIEW = 1.0
"""Seconds between reviews though no health changed: an answer may come late from a provider already down."""
_BATCH = 500
"""Rows that one verb may touch, so that it doesn't hold up the others."""
_ABOUT_COPIES = frozenset({Kind.MESSAGE, Kind.RECONCILE, Kind.CONFIRM, Kind.WITHDRAW, Kind.RECORD})


class Takeovers:
    """Switches, rescues, and keeps the evidence. `broken` tells which assumptions were seen broken since an instant."""

    def __init__(
        self,
        store: TakeoverStore,
        fleet: Fleet,
        clock: Clock,
        promise: Callable[[str], Promise],
        broken: Callable[[Instant], set[str]],
    ) -> None:
        self._store = store
        self._fleet = fleet
        self._clock = clock
        self._promise = promise
        self._broken = broken
        self._open: dict[tuple[str, str], Takeover] = {}
        self._without: set[str] = set()
        self._unserved_at: dict[str, Instant] = {}
        """When a policy was last seen without any provider."""
        self._changes: list[ProviderStateChanged] = []
        self._returned: set[str] = set()
        """Providers about which what waits is to be woken."""
        self._rerouted = False
        self._changed = asyncio.Event()

    def health_changed(self, change: ProviderStateChanged) -> None:
        """From a provider's monitor: look at every policy now."""
        live = self._fleet.get(change.provider)
        if live is not None and change.old == HealthState.DOWN:
            live.back_at = change.at
        self._changes.append(change)
        self._changed.set()
        self._fleet.announce_change()

    def routes_changed(self) -> None:
        """Other policies or providers are in force: what waits may have somewhere to go."""
        self._rerouted = True
        self._changed.set()

    async def run(self) -> None:
        """Review at every change of health, and once a second."""
        self._open = {(each.policy, each.from_provider): each for each in await self._store.takeovers(open_only=True)}
        while True:
            self._changed.clear()
            try:
                await self._review()
            except StoreUnavailable as error:
                _log.warning("the review of takeovers waits for the store", error=str(error))
            try:
                async with asyncio.timeout(_REVIEW):
                    await self._changed.wait()
            except TimeoutError:
                continue

    async def _review(self) -> None:
        changed = await self._announce_changes()
        statuses = self._fleet.statuses()
        for route in self._fleet.routes():
            await self._review_policy(route.policy, statuses)
        await self._close_orphans()
        await self._wake_what_waits()
        for live in self._fleet.everyone():
            status = live.status(self._clock.now())
            if status.state is HealthState.DOWN:
                await self._rescue_all(status)
        if changed:
            await self._store.record_health(self._fleet.providers())

    async def _announce_changes(self) -> bool:
        """True where there were any."""
        changes = list(self._changes)
        if changes:
            await self._store.announce(changes)
            del self._changes[: len(changes)]
        self._returned |= {
            change.provider for change in changes if change.new in (HealthState.UP, HealthState.RECOVERING)
        }
        return bool(changes)

    async def _wake_what_waits(self) -> None:
        """What is owed about a provider that is back, and every ticket that might go there."""
        if not self._returned and not self._rerouted:
            return
        returned, self._rerouted = list(self._returned), False
        for provider in returned:
            await self._wake(_ABOUT_COPIES, provider)
        await self._wake(HANDING_OVER)
        self._returned.difference_update(returned)

    async def _wake(self, kinds: frozenset[Kind], target: str | None = None) -> None:
        now = self._clock.now()
        while await self._store.wake(now, kinds, _BATCH, target) == _BATCH:
            continue

    async def _review_policy(self, policy: PolicySettings, statuses: dict[str, ProviderStatus]) -> None:
        backup = serving(policy, statuses)
        await self._note_availability(policy.name, backup)
        for position, name in enumerate(policy.providers):
            status = statuses[name]
            takeover = self._open.get((policy.name, name))
            if status.state is HealthState.DOWN:
                served = all(statuses[better].state is HealthState.DOWN for better in policy.providers[:position])
                if takeover is None and served:
                    await self._switch(policy.name, status, backup)
                elif takeover is not None and takeover.to_provider is None and backup is not None:
                    await self._keep(replace(takeover, to_provider=backup), before=takeover)
            elif takeover is not None:
                await self._follow_failback(takeover, status)

    async def _note_availability(self, policy: str, provider: str | None) -> None:
        now = self._clock.now()
        if provider is None:
            self._unserved_at[policy] = now
        if provider is None and policy not in self._without:
            await self._store.announce([NoProviderLeft(at=now, policy=policy)])
            self._without.add(policy)
        elif provider is not None and policy in self._without:
            await self._store.announce([ProviderAvailableAgain(at=now, policy=policy, provider=provider)])
            self._without.discard(policy)

    async def _switch(self, policy: str, failed: ProviderStatus, backup: str | None) -> Takeover:
        now = self._clock.now()
        takeover = open_takeover(new_id(), policy, failed, backup, self._promise(policy), now)
        started = TakeoverStarted(
            at=now,
            takeover_id=takeover.id,
            policy=policy,
            from_provider=failed.name,
            to_provider=backup,
            seconds=takeover.switch_seconds,
        )
        return await self._keep(takeover, started)

    async def _rescue_all(self, failed: ProviderStatus) -> None:
        """What the failed provider has and nobody has picked up goes to a backup, policy by policy; in the end, what
        policies left behind that are not in force any more."""
        for route in self._fleet.routes():
            await self._rescue(route.policy.name, failed)
        await self._rescue(None, failed)

    async def _rescue(self, policy: str | None, failed: ProviderStatus) -> None:
        takeover = self._open.get((policy or "", failed.name))
        reason = f"{failed.name} is down: {failed.reason}"
        count = _BATCH
        while count == _BATCH:
            count = await self._store.rescue(policy, failed.name, self._clock.now(), reason, _BATCH)
            if count and takeover is not None:
                takeover = await self._add_rescue(takeover, count, failed)

    async def _add_rescue(self, takeover: Takeover, count: int, failed: ProviderStatus) -> Takeover:
        """On top of what other gateways have rescued meanwhile."""
        while takeover.ended_at is None:
            more = add_rescue(takeover, count, failed, self._promise(takeover.policy))
            takeover = await self._keep(more, before=takeover)
            if takeover == more:
                break
        return takeover

    async def _follow_failback(self, takeover: Takeover, status: ProviderStatus) -> None:
        now = self._clock.now()
        if status.state is HealthState.UP:
            await self._end(takeover)
        elif status.state is HealthState.RECOVERING and status.share > 0 and takeover.failback_at is None:
            event_of_failback = FailbackStarted(
                at=now, takeover_id=takeover.id, policy=takeover.policy, provider=status.name
            )
            await self._keep(replace(takeover, failback_at=now), event_of_failback, before=takeover)

    async def _close_orphans(self) -> None:
        """A reload took the policy away, or the provider out of it: what was measured until now is all there is."""
        providers = {route.policy.name: route.policy.providers for route in self._fleet.routes()}
        for takeover in list(self._open.values()):
            if takeover.from_provider not in providers.get(takeover.policy, ()):
                await self._end(takeover)

    async def _end(self, takeover: Takeover) -> None:
        now = self._clock.now()
        figures = await self._store.takeover_figures(takeover)
        broken = self._broken(takeover.first_bad_at)
        if self._unserved_at.get(takeover.policy, 0.0) >= takeover.first_bad_at:
            broken = broken | {"no backup was up"}
        ended = close_takeover(takeover, figures, broken, now)
        event = TakeoverEnded(
            at=now,
            takeover_id=ended.id,
            policy=ended.policy,
            seconds=max(0.0, now - ended.switched_at),  # the clock may have been set back over a restart
            met=bool(ended.met),
            failed_assumption=ended.failed_assumption,
        )
        await self._keep(ended, event, before=takeover)

    async def _keep(self, takeover: Takeover, *events: Event, before: Takeover | None = None) -> Takeover:
        """What is kept; another gateway may have been faster, and then the next review goes on from there."""
        kept = await self._store.save_takeover(takeover, events, before=before)
        if kept.ended_at is None:
            self._open[kept.policy, kept.from_provider] = kept
        else:
            self._open.pop((kept.policy, kept.from_provider), None)
        return kept
