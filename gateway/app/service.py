"""The whole service: built, started in order, stopped in reverse. Long and straight, since order is the point."""

import asyncio
from collections.abc import Coroutine
from contextlib import AsyncExitStack, suppress
from importlib.metadata import version
from typing import Any

import orjson
import structlog

from channels.channel import Backstage, ChannelContext
from channels.registry import CHANNEL_TYPES
from gateway.alarms.observer import Alarms
from gateway.alarms.sender import WebhookNotices
from gateway.alarms.settings import WebhookAlarmSettings
from gateway.app.age import process_age
from gateway.app.broken import BrokenAssumptions
from gateway.app.channels import Channels
from gateway.app.configuration import RelevoConfig, assess, load_configuration, require_possible, secrets_of
from gateway.app.doors import OPS_LIMITS, public_limits
from gateway.app.front import public_front
from gateway.app.keeping import open_keeping
from gateway.app.lines import assess_lines, called_back_by
from gateway.app.memory import Memory
from gateway.app.providers import build_providers, policy_facts, routes_of
from gateway.assumptions import AssumptionWatch
from gateway.auditor import Auditor
from gateway.blobs import Sweeper
from gateway.core.clock import SystemClock
from gateway.core.delivery import Kind
from gateway.core.errors import ConfigError, RelevoError, StoreUnavailable
from gateway.core.events import (
    AssumptionBroken,
    ConfigurationRejected,
    ConfigurationReloaded,
    Event,
    GatewayStarted,
    GatewayStopped,
)
from gateway.core.links import AttachmentLinks
from gateway.core.store_address import SQLITE
from gateway.core.tokens import TokenSigner
from gateway.intake import IntakeDoor
from gateway.listener import Listener
from gateway.logs import LogObserver, Redactor
from gateway.metrics import Metrics, keep_fresh
from gateway.store import open_store
from gateway.web.feed import EventFeed
from gateway.web.ops import Ops
from gateway.web.routes import ops_routes
from routing.delivery.engine import Engine
from routing.delivery.fleet import Fleet
from routing.providers.context import ProviderContext
from routing.providers.webhook.context import DeskContext
from routing.registry import desk_contacts, provider_routes
from routing.takeover.assessment import Assessment
from routing.takeover.evidence import Promise
from routing.takeover.promise import PolicyPromise

VERSION = version("relevo")
_BATCH = 1000
_log = structlog.get_logger("relevo")


class Service:
    """A running gateway. `start`, then `wait`, then `stop`; `reload` in between."""

    def __init__(self, config: RelevoConfig, redactor: Redactor, *, accept_impossible: bool = False) -> None:
        """Raises ImpossibleContract."""
        self._config = config
        self._redactor = redactor
        self._accept_impossible = accept_impossible
        self._clock = SystemClock()
        self._assessment = self._assess(config)
        self._stopped = asyncio.Event()
        self._public_is_open = False
        self._failure: BaseException | None = None
        self._parts = AsyncExitStack()
        self._reloading = asyncio.Lock()

    @property
    def public_url(self) -> str:
        return self._public.url

    @property
    def ops_url(self) -> str:
        return self._ops.url

    async def start(self) -> None:
        """Everything, in order. Raises StartError; what had started is stopped again."""
        try:
            await self._start()
        except BaseException:
            await self._parts.aclose()
            raise

    async def _start(self) -> None:
        settings = self._config.gateway
        self._metrics = Metrics()
        self._feed = EventFeed(others=settings.store.scheme != SQLITE)
        self._broken = BrokenAssumptions()
        self._memory = Memory()

        # The store first: it proves that we are alone, and says what the last stop cut off.
        self._store = open_store(
            settings.store,
            self._clock,
            observers=[LogObserver(), self._metrics, self._feed, self._broken],
            on_failed=self._fail,
            measured=self._metrics.commit_seconds,
            told_time=self._clock.follow,
        )
        self._parts.push_async_callback(self._store.close)
        unsure = await self._store.start()
        if not self._store.alone and not settings.peers:
            _log.warning("another gateway shares the store: the bounds need gateway.peers to be true")
        signer = TokenSigner(await self._store.secret())
        self._organisation = settings.organisation.organisation()
        self._links = AttachmentLinks(signer.derived_key("attachment links"), settings.public.url, self._clock)

        # Those who watch.
        self._fleet = Fleet(self._clock)
        self._alarms = Alarms(
            self._store,
            self._store,
            self._fleet,
            self._metrics,
            self._clock,
            ops_url=f"http://{settings.ops.listen}",
        )
        self._notices = WebhookNotices([], self._clock)
        self._parts.push_async_callback(self._notices.close)
        self._watch = AssumptionWatch(
            self._store,
            self._metrics,
            self._clock,
            allowance=settings.lag_allowance,
            worst_commit=self._metrics.worst_commit,
        )
        await self._alarms.resume()
        self._store.subscribe(self._alarms)
        self._keeping = await open_keeping(
            settings, self._store, self._clock, self._alarms, self._metrics, self._fail, self._parts
        )

        # The channels, closed still: their doors open last.
        self._door = IntakeDoor(self._keeping.store, self._fleet, self._clock, self._metrics)
        self._channels = self._build_channels(signer)
        self._parts.push_async_callback(self._channels.close)

        # Those who hand over.
        self._engine = Engine(
            self._store,
            self._fleet,
            self._clock,
            self._notices,
            self._promise,
            self._broken.since,
            self._channels.work,
        )
        self._store.subscribe(self._engine)
        self._parts.push_async_callback(self._close_providers)
        self._known = {status.name: status for status in await self._store.health()}
        self._put_in_force(self._config)
        await self._record_configuration(self._config, "relevo serve", "start")
        await self._look_at_everything_owed()
        self._parts.push_async_callback(self._end_tasks)
        self._tasks = [
            self._background("engine", self._engine.run()),
            self._background("alarms", self._alarms.run()),
            self._background("auditor", Auditor(self._store, self._clock).run()),
            self._background("assumptions", self._watch.run()),
            self._background("blobs", self._sweeper().run()),
            self._background("gauges", keep_fresh(self._metrics, self._store, self._fleet, self._clock)),
        ]
        if self._keeping.drainer:
            self._tasks.append(self._background("spool", self._keeping.drainer.run()))

        # The doors last, operations' first.
        self._ops = Listener(
            "ops",
            settings.ops.listen,
            ops_routes(self._ops_facts(), VERSION),
            limits=OPS_LIMITS,
            measurements=self._metrics,
        )
        await self._ops.start()
        self._parts.push_async_callback(self._ops.stop, settings.shutdown_within / 6)
        self._public = Listener(
            "public",
            settings.public.listen,
            self._public_routes(),
            front=public_front(self._config, self._organisation),
            limits=public_limits(settings.public),
            trusted_proxies=settings.public.trusted_proxies,
            measurements=self._metrics,
        )
        await self._public.start()
        self._parts.push_async_callback(self._public.stop, settings.shutdown_within / 6)
        self._parts.callback(self._feed.close)
        self._parts.push_async_callback(self._channels.stop, settings.shutdown_within / 6)
        await self._channels.start()
        self._tasks += [self._background(name, running) for name, running in self._channels.running()]
        await self._announce_start(unsure)
        self._public_is_open = True  # last: whoever hears that we are ready may send us a signal the next moment

    async def wait(self) -> None:
        """Until `ask_to_stop`, or a part fails; then that part's error is raised."""
        await self._stopped.wait()
        if self._failure is not None:
            raise self._failure

    def ask_to_stop(self) -> None:
        self._stopped.set()

    async def stop(self) -> bool:
        """In reverse. False where that outlasts the configuration's bound: then the process has to be ended, and what
        was under way is searched for after the next start, as after a crash."""
        within = self._config.gateway.shutdown_within
        stopping = asyncio.create_task(self._parts.aclose(), name="stop")
        await asyncio.wait({stopping}, timeout=within)
        if not stopping.done():
            _log.error("the stop took longer than allowed", seconds=within)
            return False
        stopping.result()
        return True

    # Reload: all that can fail first, then the swap.

    async def reload(self, actor: str) -> str:
        """Put the changed file in force for `actor`; its digest. Raises ConfigError, and the old one stays."""
        async with self._reloading:
            try:
                config = await asyncio.to_thread(load_configuration, self._config.path)
                self._require_same_doors(config)
                assessment = self._assess(config)
            except RelevoError as error:
                rejected = ConfigurationRejected(at=self._clock.now(), problem=str(error))
                await self._store.announce([rejected])
                raise error if isinstance(error, ConfigError) else ConfigError(str(error)) from error
            await self._record_configuration(config, actor, "reload")
            self._assessment = assessment
            self._redactor.know(secrets_of(config))
            self._known = {status.name: status for status in self._fleet.providers()}
            self._put_in_force(config)
            await self._store.announce([ConfigurationReloaded(at=self._clock.now(), digest=config.digest)])
            return config.digest

    def _require_same_doors(self, config: RelevoConfig) -> None:
        """What is opened at the start needs a restart."""
        if config.gateway != self._config.gateway or config.channels != self._config.channels:
            raise ConfigError(
                f"{config.path}: gateway and channels can't be changed by a reload: restart Relevo, or undo the change"
            )

    def _assess(self, config: RelevoConfig) -> Assessment:
        assessment = assess(config, self._clock.now())
        if not self._accept_impossible:
            require_possible(assessment, assess_lines(config))
        return assessment

    def _put_in_force(self, config: RelevoConfig) -> None:
        running = {live.name: live for live in self._fleet.everyone()}
        providers = build_providers(
            config, running, self._known, self._provider_context, self._metrics, self._engine.takeovers.health_changed
        )
        webhooks = [each.settings for each in config.alarms if isinstance(each.settings, WebhookAlarmSettings)]
        self._notices.configure(webhooks)
        self._alarms.configure([each.target for each in webhooks])
        self._engine.apply(routes_of(config, self._assessment), providers)
        self._facts = policy_facts(config, self._assessment)
        self._metrics.set_bounds(
            {each.name: each.backups[0].ticket.seconds for each in self._assessment.policies if each.backups}
        )
        self._config = config

    async def _record_configuration(self, config: RelevoConfig, actor: str, action: str) -> None:
        """Which policies are in force from now on, and who had them put there."""
        number = await self._store.save_policies(orjson.loads(config.text), config.digest)
        await self._store.record_audit(actor, action, {"digest": config.digest, "version": number})

    async def _look_at_everything_owed(self) -> None:
        """Backoffs from before the start don't count: what they waited for may have happened, or the clock been set."""
        kinds = frozenset(Kind) - {Kind.CONFIRM}
        while await self._store.wake(self._clock.now(), kinds, _BATCH) == _BATCH:
            continue

    async def _announce_start(self, unsure: int) -> None:
        """Also whether a start after a crash took longer than the bounds count with."""
        now, took, declared = self._clock.now(), process_age(), self._config.gateway.restart_within
        events: list[Event] = [GatewayStarted(at=now, version=VERSION, unsure=unsure)]
        if unsure and took > declared:
            events.append(AssumptionBroken(at=now, assumption="restart", measured=round(took, 3), declared=declared))
        await self._store.announce(events)

    # The parts' needs of each other.

    def _promise(self, policy: str) -> Promise:
        return PolicyPromise(next(each for each in self._assessment.policies if each.name == policy))

    def _ops_facts(self) -> Ops:
        token = self._config.gateway.ops.token
        return Ops(
            reads=self._store,
            status=self._fleet,
            quarantine=self._store,
            blobs=self._keeping.blobs,
            reloader=self,
            clock=self._clock,
            registry=self._metrics.registry,
            feed=self._feed,
            policies=lambda: self._facts,
            checks={
                "store": self._keeping.store.why_not_ready,
                "engine": self._why_engine_not_ready,
                "event loop": self._watch.why_not_ready,
                "memory": self._memory.why_not_ready,
                "public listener": self._why_public_not_ready,
            },
            remarks=self._keeping.remarks,
            source=self._config.gateway.public.url,
            token=token.get_secret_value() if token else None,
        )

    def _build_channels(self, signer: TokenSigner) -> Channels:
        def context(name: str) -> ChannelContext:
            return ChannelContext(
                name=name,
                intake=self._door,
                reads=self._keeping.store,
                routing=self._fleet,
                signer=signer,
                clock=self._clock,
                measurements=self._metrics,
                organisation=self._organisation,
                public_url=self._config.gateway.public.url,
                blobs=self._keeping.blobs,
                pages=any(CHANNEL_TYPES[typed.type].start for typed in self._config.channels.values()),
                spoken=frozenset(
                    name for name, typed in self._config.channels.items() if CHANNEL_TYPES[typed.type].spoken
                ),
            )

        backstage = Backstage(
            store=self._store,
            measurements=self._metrics,
            desks=lambda: desk_contacts(self._fleet.adapters().values()),
            owed=lambda kind: self._engine.owed(kind),
            failed=self._fail,
            phones=self._fleet.phones,
        )
        return Channels(self._config.channels, context, backstage, self._clock)

    def _provider_context(self, name: str) -> ProviderContext:
        return ProviderContext(name, self._clock, self._links, self._channels.posts())

    def _public_routes(self) -> list[Any]:
        desks = DeskContext(
            self._door,
            self._keeping.store,
            self._keeping.blobs,
            self._links,
            self._clock,
            called_back_by(self._config),
        )
        return self._memory.guarded(self._channels.routes() + provider_routes(self._fleet.adapters, desks))

    def _sweeper(self) -> Sweeper:
        return Sweeper(self._keeping.blobs, self._store.blobs_named, self._clock, self._metrics.swept)

    def _why_public_not_ready(self) -> str | None:
        return None if self._public_is_open and not self._stopped.is_set() else "not listening, or about to stop"

    def _why_engine_not_ready(self) -> str | None:
        return None if all(not task.done() for task in self._tasks) else "a part of the service has ended"

    # Background parts: a failure of one stops the service, so that its supervisor starts it anew.

    def _background(self, name: str, coroutine: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(coroutine, name=name)
        task.add_done_callback(self._part_ended)
        return task

    def _part_ended(self, task: asyncio.Task[None]) -> None:
        if task.cancelled() or self._stopped.is_set():
            return
        self._fail(task.exception() or RuntimeError(f"{task.get_name()} ended by itself"))

    def _fail(self, error: BaseException) -> None:
        if self._failure is None:
            self._failure = error
        self._stopped.set()

    async def _end_tasks(self) -> None:
        """Deliveries in hand are finished; the others just end."""
        engine, *others = self._tasks
        self._engine.stop()
        await asyncio.wait([engine], timeout=self._config.gateway.shutdown_within / 3)
        for task in (engine, *others):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._failure is None:
            with suppress(StoreUnavailable):  # a stop is in order though the store can't be told
                await self._store.announce([GatewayStopped(at=self._clock.now())])

    async def _close_providers(self) -> None:
        for live in self._fleet.everyone():
            await live.adapter.close()
