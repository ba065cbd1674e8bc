"""A call played against the running gateway, with the caller, the desks and Twilio on this machine: no phone rings."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web

from channels.phone.settings import VoiceSettings
from gateway.client import OpsClient
from gateway.core.clock import SystemClock
from gateway.core.dialling import Desk
from gateway.demo.caller.call import play_call
from gateway.demo.caller.scenes import SCENES
from gateway.demo.caller.script import Caller, Line, Scene
from gateway.demo.caller.transcript import Tell
from gateway.demo.caller.witness import CallAccount, Witness
from gateway.demo.carrier.app import Carrier
from gateway.demo.carrier.listener import Listener
from gateway.demo.carrier.orders import Orders

_HOSTS_OF_OURS = ("127.0.0.1", "localhost", "::1")
_PATIENCE = 20.0
"""Seconds after the call for its recording to be fetched and its ticket to be handed over."""
_CALLED_BACK_WITHIN = 180.0
_LOOK_EVERY = 0.2


@dataclass(frozen=True, slots=True)
class Plan:
    """The call to be played."""

    line: VoiceSettings
    webhooks: str
    """Where the channel is, without a final slash."""
    desks: tuple[Desk, ...]
    """As the policy has them."""
    scene: str
    caller: Caller
    speed: float
    """How many times faster than life."""


async def play(plan: Plan, ops: OpsClient, told: Tell) -> CallAccount:
    """`told` hears what happens while it does. Raises OpsError where there is no gateway to be asked."""
    witness = await Witness.come(ops)
    async with _carrier(plan), aiohttp.ClientSession() as session:
        listener = _listener(plan.line, session)
        if listener is not None:
            await listener.come()
        sid = await play_call(
            _line(plan),
            _scene(plan),
            told,
            recordings={},
            session=session,
            now=SystemClock().now(),
            sleep=partial(_sleep, plan.speed),
        )
        return await _settled(CallAccount(sid), witness, listener, told)


async def _settled(account: CallAccount, witness: Witness, listener: Listener | None, told: Tell) -> CallAccount:
    """Once nothing more is expected, or patience is over. `told` hears how the caller is called back."""
    loop = asyncio.get_running_loop()
    since = loop.time()
    while True:
        for line in await listener.news() if listener is not None else ():
            told(line)
        await witness.look(account)
        patience = _PATIENCE if account.outcome != "callback" else _CALLED_BACK_WITHIN
        if account.settled or loop.time() - since > patience:
            return account
        await asyncio.sleep(_LOOK_EVERY)


async def _sleep(speed: float, seconds: float) -> None:
    await asyncio.sleep(seconds / speed)


def _line(plan: Plan) -> Line:
    return Line(
        number=plan.line.numbers[0],
        voice_url=f"{plan.webhooks}/voice",
        account_sid=plan.line.account_sid,
        auth_token=plan.line.auth_token.get_secret_value(),
        status_url=f"{plan.webhooks}/status",
        api=plan.line.api,
    )


def _scene(plan: Plan) -> Scene:
    """Each agent presses the key that the configuration asks for; a desk that the scene doesn't know can't be reached,
    nor can one that isn't there."""
    first, second = (*(desk.dial for desk in plan.desks[:2]), "", "")[:2]
    _, staged = SCENES[plan.scene]
    scene = staged(first, second, plan.caller)
    keys: Mapping[str, str | None] = {desk.dial: desk.accept_key for desk in plan.desks}
    desks = {number: replace(desk, key=keys.get(number) or desk.key) for number, desk in scene.desks.items()}
    return replace(scene, desks=desks)


def is_here(line: VoiceSettings) -> bool:
    """Whether what the gateway asks in Twilio's place is on this machine."""
    api = urlsplit(line.api)
    return api.scheme == "http" and api.hostname in _HOSTS_OF_OURS


def _listener(line: VoiceSettings, session: aiohttp.ClientSession) -> Listener | None:
    if not is_here(line):
        return None
    return Listener(session, line.api, line.account_sid, line.auth_token.get_secret_value())


@contextlib.asynccontextmanager
async def _carrier(plan: Plan) -> AsyncIterator[None]:
    """One of our own, where it is to be on this machine and nobody is there yet."""
    if not is_here(plan.line):
        yield
        return
    account_sid, token = plan.line.account_sid, plan.line.auth_token.get_secret_value()
    orders = Orders(account_sid, token, SystemClock(), partial(_sleep, plan.speed))
    runner = web.AppRunner(Carrier(account_sid, token, orders).app(), access_log=None)
    await runner.setup()
    try:
        with contextlib.suppress(OSError):
            api = urlsplit(plan.line.api)
            await web.TCPSite(runner, api.hostname, api.port or 80).start()
        yield
    finally:
        await runner.cleanup()
