"""Calling back, as a voice channel has it: what is owed of it, and what Twilio asks meanwhile."""

import asyncio
from collections.abc import Sequence
from functools import partial

import structlog
from aiohttp import web

from channels.channel import Backstage, ChannelContext
from channels.phone.answers import Answer, Hangup, Page
from channels.phone.calling_back.callback import Callback
from channels.phone.calling_back.hearing import NEEDS, heard, which
from channels.phone.calling_back.limits import Limits
from channels.phone.calling_back.speaking import CallbackSpeaker
from channels.phone.calling_back.steps import CallbackSteps
from channels.phone.calling_back.telling import CallbackTeller
from channels.phone.calling_back.wishes import Wishes
from channels.phone.calling_back.work import CallbackWork
from channels.phone.settings import VoiceSettings
from channels.phone.twilio.rest import TwilioApi
from channels.phone.twilio.signed import Webhook
from channels.phone.twiml import TwiML
from channels.phone.webhooks import Webhooks
from gateway.core.delivery import Case
from gateway.core.dialling import Desk
from gateway.core.errors import StoreFailed, StoreUnavailable

_ANSWERED_WITHIN = 8.0
"""Seconds that the store may take: Twilio gives up after fifteen."""
_HANG_UP: Answer = (Hangup(),)
_log = structlog.get_logger("relevo.phone")


class CallingBack:
    """Of one channel. `handle` does its deliveries of kind CALLBACK."""

    def __init__(
        self,
        settings: VoiceSettings,
        context: ChannelContext,
        backstage: Backstage,
        webhooks: Webhooks,
        api: TwilioApi,
        twiml: TwiML,
    ) -> None:
        self._context = context
        self._webhooks = webhooks
        self._twiml = twiml
        organisation = context.organisation
        self._speaker = CallbackSpeaker(settings.callback, organisation.name, organisation.texts)
        teller = CallbackTeller(organisation.texts)
        self._steps = CallbackSteps(settings.callback, self, teller, context, backstage)
        store, clock, troubles = backstage.store, context.clock, webhooks.troubles
        limits = Limits(settings.callback, context.name, store, clock, troubles)
        wishes = Wishes(settings, self._steps, limits, context, backstage)
        self._work = CallbackWork(settings.callback, self._steps, wishes, limits, api, twiml, clock, store, troubles)

    def routes(self) -> Sequence[web.RouteDef]:
        """What Twilio asks for while it calls for us."""
        return [self._webhooks.route(page, partial(self._answer, page), needs) for page, needs in NEEDS.items()]

    async def handle(self, case: Case) -> None:
        """One thing owed. Raises the store's errors."""
        await self._work.handle(case)

    def desks(self, callback: Callback) -> Sequence[Desk]:
        """By the routing that is in force, the provider that has the ticket first; where it has asked itself, no
        other."""
        routing = self._context.routing
        desks = routing.desks(callback.arrived_by, callback.written_in, callback.category, callback.priority)
        if callback.asked_by is not None:
            return [each for each in desks if each.provider == callback.asked_by]
        return sorted(desks, key=lambda each: each.provider != callback.holder)

    async def _answer(self, page: Page, webhook: Webhook) -> str:
        """The commit comes first, and the answer follows from what is kept alone. Without a store nobody is called or
        joined: how the lines ended is learnt from the REST API afterwards."""
        callback_id, _ = which(webhook)
        received = heard(page, webhook, self._context.clock.now())
        try:
            async with asyncio.timeout(_ANSWERED_WITHIN):
                known = (
                    self._steps.kept(callback_id) if received is None else self._steps.advance(callback_id, received)
                )
                callback = await known
        except (StoreUnavailable, StoreFailed, TimeoutError) as error:
            _log.warning("a call back can't be kept", channel=self._context.name, page=page.value, error=str(error))
            return self._twiml.write(_HANG_UP, callback_id)
        return self._twiml.write(_HANG_UP if callback is None else self._say(page, webhook, callback), callback_id)

    def _say(self, page: Page, webhook: Webhook, callback: Callback) -> Answer:
        step, now = which(webhook)[1], self._context.clock.now()
        match page:
            case Page.CALLBACK_DESK | Page.CALLBACK_ACCEPT:
                return self._speaker.to_agent(callback, step, now)
            case Page.CALLBACK_GREETING | Page.CALLBACK_JOIN:
                return self._speaker.to_requester(callback, step, now)
            case Page.CALLBACK_OVER:
                return self._speaker.to_agent_afterwards(callback, step)
            case _:
                return ()
