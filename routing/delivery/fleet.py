"""The fleet: every provider with its adapter, its health and its lane, and the policies that send tickets to them."""

import asyncio
from collections.abc import Container, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property

from gateway.core.clock import Clock, Instant
from gateway.core.dialling import Desk
from gateway.core.ports import Provider
from gateway.core.provider import HealthState, ProviderStatus
from gateway.core.ticket import Priority, Terms, Ticket
from routing.delivery.lanes import Lane
from routing.delivery.put_off import PutOff
from routing.health.monitor import Monitor
from routing.policy.coverage import Asked
from routing.policy.match import fits
from routing.policy.phones import PhoneView, desks_of, phones
from routing.policy.plan import Option, View, plan, serving
from routing.policy.settings import Match, PolicySettings
from routing.settings import ProviderSettings


@dataclass(slots=True)
class LiveProvider:
    """One provider as it runs."""

    name: str
    adapter: Provider
    settings: ProviderSettings
    monitor: Monitor
    lane: Lane
    paused_until: Instant = 0.0
    accepted_at: Instant = 0.0
    back_at: Instant = 0.0
    """When it last answered again after it had been down."""
    put_off: PutOff = field(default_factory=PutOff)

    def status(self, now: Instant) -> ProviderStatus:
        status = self.monitor.status(now)
        return replace(status, paused_until=self.paused_until) if self.paused_until else status

    @property
    def attempt_seconds(self) -> float:
        """The longest that one attempt takes: a search first, then the request."""
        return self.settings.search_seconds + self.settings.timeout


@dataclass(frozen=True)
class Route:
    """A policy with its hedge deadline worked out."""

    policy: PolicySettings
    hedge_after: float

    @cached_property
    def takes_all(self) -> bool:
        """Its match asks nothing."""
        return self.policy.match == Match()

    @cached_property
    def terms(self) -> Terms:
        """What it promises each ticket."""
        return Terms(self.policy.name, self.hedge_after, self.policy.takeover_within)


class Fleet:
    """Who may be given tickets now. A reload swaps its content; what is under way keeps what it has in hand."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._routes: Sequence[Route] = ()
        self._providers: Mapping[str, LiveProvider] = {}
        self._retired: Mapping[str, LiveProvider] = {}
        self._policies: Mapping[str, PolicySettings] = {}
        self._searches: Mapping[str, float] = {}
        self._watching: set[asyncio.Future[None]] = set()

    def swap(self, routes: Sequence[Route], providers: Mapping[str, LiveProvider]) -> None:
        """Put other policies and providers in force.

        A provider that is not among them any more gets no new tickets, and stays for what it still has.
        """
        self._routes = routes
        gone = {name: live for name, live in self._providers.items() if name not in providers}
        self._retired = {name: live for name, live in {**self._retired, **gone}.items() if name not in providers}
        self._providers = providers
        self._policies = {route.policy.name: route.policy for route in routes}
        self._searches = {
            policy.name: max(providers[name].settings.search_seconds for name in policy.providers)
            for policy in self._policies.values()
            if providers  # none where only intake is wanted
        }
        self.announce_change()

    def announce_change(self) -> None:
        """Health, pauses or the configuration changed: whoever holds a ticket looks again."""
        watching, self._watching = self._watching, set()
        for change in watching:
            if not change.done():
                change.set_result(None)

    @contextmanager
    def watching(self) -> Iterator[asyncio.Future[None]]:
        """A future that is done at the next change.

        Each has its own: leaving one that hundreds share takes a walk through all of its callbacks.
        """
        change: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._watching.add(change)
        try:
            yield change
        finally:
            self._watching.discard(change)

    def __getitem__(self, name: str) -> LiveProvider:
        return self._providers[name]

    def get(self, name: str | None) -> LiveProvider | None:
        """Also one that is retired and still has tickets."""
        return self._providers.get(name or "") or self._retired.get(name or "")

    def everyone(self) -> list[LiveProvider]:
        """The providers in force, and those retired."""
        return [*self._providers.values(), *self._retired.values()]

    def routes(self) -> Sequence[Route]:
        return self._routes

    def policy(self, name: str) -> PolicySettings:
        """By name; the last one for tickets whose policy is gone."""
        return self._policies.get(name) or self._routes[-1].policy

    def longest_search(self, policy: PolicySettings) -> float:
        """F of a policy, in seconds."""
        return self._searches[policy.name]

    def adapters(self) -> dict[str, Provider]:
        """Every provider's adapter by name."""
        return {live.name: live.adapter for live in self.everyone()}

    async def first_probes(self, within: float) -> None:
        """Wait until something is known of every provider, but not longer than `within` seconds."""
        deadline = asyncio.get_running_loop().time() + within
        while any(status.state is HealthState.UNKNOWN for status in self.statuses().values()):
            pause = deadline - asyncio.get_running_loop().time()
            if pause <= 0:
                return
            with self.watching() as change:
                await asyncio.wait([change], timeout=pause)

    def statuses(self) -> dict[str, ProviderStatus]:
        now = self._clock.now()
        return {name: live.status(now) for name, live in self._providers.items()}

    def options(self, ticket: Ticket, reserved: Container[str] = ()) -> list[Option]:
        """The plan for a ticket now; in the lanes of `reserved` there is a place for it already."""
        now = self._clock.now()
        policy = self.policy(ticket.policy)
        views = {
            name: View(
                live.status(now),
                live.settings,
                live.lane.room() or name in reserved,
                live.accepted_at,
                live.settings.can_search,
                live.put_off.until(ticket.id),
            )
            for name in policy.providers
            if (live := self._providers[name])
        }
        return plan(ticket, policy, views, now)

    # What intake, the pages and operations ask (ports Routing and RoutingStatus).

    def terms(self, channel: str, language: str | None, category: str | None, priority: Priority) -> Terms:
        return self._route(channel, language, category, priority).terms

    def desks(self, channel: str, language: str | None, category: str | None, priority: Priority) -> list[Desk]:
        policy, now = self._route(channel, language, category, priority).policy, self._clock.now()
        views = {
            name: PhoneView(live.status(now), live.settings, live.settings.voice)
            for name in policy.providers
            if (live := self._providers[name])
        }
        return desks_of(phones(Asked(channel, language, category), policy, views, now))

    def phones(self) -> dict[str, Desk]:
        """Every provider's, by what is dialled, whether it may be dialled now or not."""
        voices = ((live.name, live.settings.voice) for live in self.everyone())
        return {voice.dial: voice.desk(name) for name, voice in voices if voice is not None}

    def _route(self, channel: str, language: str | None, category: str | None, priority: Priority) -> Route:
        """The first whose policy fits; the last one takes what fits no other."""
        for route in self._routes:
            if route.takes_all or fits(route.policy.match, channel, language, category, priority):
                return route
        return self._routes[-1]

    def serving(self, policy: str) -> str | None:
        return serving(self.policy(policy), self.statuses())

    def providers(self) -> list[ProviderStatus]:
        return list(self.statuses().values())

    def policies(self) -> Mapping[str, str | None]:
        statuses = self.statuses()
        return {route.policy.name: serving(route.policy, statuses) for route in self._routes}
