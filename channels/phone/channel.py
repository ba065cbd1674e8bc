"""The voice channel: calls by Twilio's webhooks, and what is left to do about them."""

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial

import structlog
from aiohttp import web

from channels.channel import Backstage, Channel, ChannelContext
from channels.phone.answers import Answer, Hangup, Page
from channels.phone.audio import Audio
from channels.phone.away import Away
from channels.phone.call import Call
from channels.phone.calling_back.service import CallingBack
from channels.phone.catching_up import CatchingUp
from channels.phone.flow import Flow
from channels.phone.hearing import NEEDED, NEEDS, PAGES, Heard, heard
from channels.phone.missed_calls import MissedCalls
from channels.phone.opening import Opening
from channels.phone.recordings import Recordings, Source
from channels.phone.records import forget_old_records
from channels.phone.settings import VoiceSettings
from channels.phone.speaking import Speaker
from channels.phone.steps import Steps, further_message
from channels.phone.surroundings import Surroundings
from channels.phone.telling import Teller
from channels.phone.twilio.media import Media
from channels.phone.twilio.numbers import normal_number
from channels.phone.twilio.rest import Account, TwilioApi
from channels.phone.twilio.signed import Webhook
from channels.phone.twiml import NOTHING, TwiML
from channels.phone.watch import Watch
from channels.phone.webhooks import Webhooks
from gateway.core.delivery import Kind
from gateway.core.errors import StoreFailed, StoreUnavailable
from gateway.core.ports import DeliveryHandler
from gateway.core.problems import UNAVAILABLE, Problem

_ANSWERED_WITHIN = 8.0
"""Seconds that the store may take: Twilio gives up after fifteen, and the caller hears nothing meanwhile."""
_log = structlog.get_logger("relevo.phone")


class VoiceChannel(Channel):
    """Needs a running loop from `start` on."""

    def __init__(self, settings: VoiceSettings, context: ChannelContext, backstage: Backstage) -> None:
        self._settings = settings
        self._context = context
        self._backstage = backstage
        self._webhooks = Webhooks(settings, context, backstage)
        own = context.organisation.texts
        teller = Teller(settings, own)
        self._teller = teller
        opening = Opening(settings, context, backstage.store, teller)
        surroundings = Surroundings(settings, context, backstage.phones)
        self._steps = Steps(Flow(settings), surroundings, opening, teller, context, backstage)
        self._speaker = Speaker(settings, context.organisation.name, own)
        self._twiml = TwiML(settings, self._webhooks.base)
        self._away = Away(settings, context, self._webhooks.base)
        self._audio = Audio(settings)
        account = Account.of(settings)
        self._api = TwilioApi(account, context.clock)
        self._media = Media(account, context.blobs)
        recordings = Recordings(
            Source(account, self._media, self._api),
            self._steps,
            teller,
            context.name,
            context.clock,
            longest=settings.voicemail.longest,
            delete=settings.voicemail.delete,
        )
        self.troubles = troubles = self._webhooks.troubles
        self._watch = Watch(self._steps, recordings, self._api, troubles, backstage.store, context.clock)
        self._calling_back = CallingBack(settings, context, backstage, self._webhooks, self._api, self._twiml)
        missed = MissedCalls(settings, context, self._steps, self._api, backstage.phones)
        self.catching_up = CatchingUp("calls", missed.take_in, context, backstage, troubles)

    def routes(self) -> Sequence[web.RouteDef]:
        path = self._webhooks.path
        pages = [self._webhooks.route(page, partial(self._answer, page), NEEDS.get(page, NEEDED)) for page in PAGES]
        transcription = self._webhooks.route(Page.TRANSCRIPTION, self._keep_transcription, NEEDS[Page.TRANSCRIPTION])
        files = [*self._away.routes(path), *self._audio.routes(path)]
        return [*pages, transcription, *self._calling_back.routes(), *files]

    def handlers(self) -> Mapping[Kind, DeliveryHandler]:
        return {Kind.CALL: self._watch.handle, Kind.CALLBACK: self._calling_back.handle}

    async def start(self) -> None:
        await asyncio.to_thread(self._audio.read)
        await asyncio.to_thread(normal_number, self._settings.numbers[0])  # its library takes long to import

    async def run(self) -> None:
        name = self._context.name
        forgetting = forget_old_records(self._settings, self._context, self._backstage)
        async with asyncio.TaskGroup() as parts:
            parts.create_task(self.catching_up.run(), name=f"missed calls of {name}")
            parts.create_task(forgetting, name=f"old records of {name}")

    async def close(self) -> None:
        await self._api.close()
        await self._media.close()
        await self._webhooks.close()

    async def _answer(self, page: Page, webhook: Webhook) -> str:
        """The commit comes first, and the answer follows from what is kept alone."""
        told = heard(page, webhook, self._context.clock.now())
        try:
            async with asyncio.timeout(_ANSWERED_WITHIN):
                call = await self._steps.hear(told)
        except (StoreUnavailable, StoreFailed, TimeoutError) as error:
            _log.warning("a call can't be kept", channel=self._context.name, page=page.value, error=str(error))
        except Exception:  # an error of ours, too, is nothing that a caller should hear of
            _log.exception("a call met an error of ours", channel=self._context.name, page=page.value)
        else:
            return self._twiml.write(self._said(told, call), told.sid)
        self.catching_up.wake()
        return self._away.answer(page, webhook)

    def _said(self, told: Heard, call: Call | None) -> Answer:
        if call is None:
            self.catching_up.wake()
            return (Hangup(),)
        return self._speaker.answer_to(told.said[0], call) if told.said else ()

    async def _keep_transcription(self, webhook: Webhook) -> str:
        """What a machine has understood of a message follows it into the ticket."""
        form = webhook.form
        sid, text = form["TranscriptionSid"], form.get("TranscriptionText", "").strip()
        if form["TranscriptionStatus"] == "completed" and sid and text:
            try:
                await self._add_transcription(form["CallSid"], sid, text)
            except StoreUnavailable as error:
                raise Problem(UNAVAILABLE) from error
        return NOTHING

    async def _add_transcription(self, call_sid: str, sid: str, text: str) -> None:
        call = await self._steps.kept(call_sid)
        if call is not None and call.ticket_id is not None:
            words = self._teller.transcription(call, text)
            message = further_message(sid, self._context.name, words, self._context.clock.now())
            await self._steps.change(call_sid, lambda known: known, [message])
