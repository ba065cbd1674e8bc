"""A channel of text messages: what it is made of, and how that is started and stopped."""

import asyncio
from collections.abc import Mapping, Sequence

from aiohttp import web

from channels.channel import Backstage, Channel, ChannelContext
from channels.phone.catching_up import CatchingUp
from channels.phone.messaging.acknowledgements import Acknowledgements
from channels.phone.messaging.answering import TextAnswers
from channels.phone.messaging.files import TextFiles
from channels.phone.messaging.incoming import NEEDS, is_status, told
from channels.phone.messaging.keeping import TextKeeper
from channels.phone.messaging.missed import MissedTexts
from channels.phone.messaging.parts import SentTexts
from channels.phone.messaging.sending import TextSender
from channels.phone.messaging.service import Service
from channels.phone.messaging.statuses import NEEDS as STATUS_NEEDS
from channels.phone.messaging.statuses import Statuses
from channels.phone.messaging.taking import TextTaker
from channels.phone.messaging.wording import TEXTS_FOLDER
from channels.phone.messaging.words import Words
from channels.phone.records import forget_old_records
from channels.phone.settings import TextSettings
from channels.phone.twilio.media import Media
from channels.phone.twilio.numbers import normal_number
from channels.phone.twilio.rest import Account, TwilioApi
from channels.phone.twilio.signed import Webhook
from channels.phone.webhooks import Webhooks
from gateway.core.delivery import Kind
from gateway.core.errors import StoreUnavailable
from gateway.core.ports import DeliveryHandler
from gateway.core.texts import Texts

_NOTHING = '<?xml version="1.0" encoding="UTF-8"?><Response/>'
"""TwiML that has Twilio do nothing more: answers go out by its REST API."""


class TextChannel(Channel):
    """Messages in by webhooks, and by Twilio's list where those were missed; out by its REST API."""

    def __init__(self, settings: TextSettings, service: Service, context: ChannelContext, backstage: Backstage) -> None:
        name, clock, store = context.name, context.clock, backstage.store
        account = Account.of(settings)
        self._settings = settings
        self._context = context
        self._backstage = backstage
        self._api = TwilioApi(account, clock)
        self._media = Media(account, context.blobs)
        self._webhooks = Webhooks(settings, context, backstage)
        troubles = self._webhooks.troubles
        self._keeper = TextKeeper(name, backstage, clock)
        missed = MissedTexts(service, settings, context, store, self._keeper, self._api)
        self._catching_up = CatchingUp("messages", missed.take_in, context, backstage, troubles)
        acknowledgements = Acknowledgements(settings, context.signer.derived_key("text allowances"))
        words = Words(name, settings, Texts(TEXTS_FOLDER, context.organisation.texts), acknowledgements)
        self._taker = TextTaker(context, backstage, words, TextFiles(account, self._api, self._media))
        texts = SentTexts(name, store, clock)
        sender = TextSender(name, store, texts, self._api, troubles, clock)
        self._answers = TextAnswers(settings, service, context, backstage, texts, sender, self._webhooks.base)
        self._statuses = Statuses(name, store, texts, clock)

    def routes(self) -> Sequence[web.RouteDef]:
        return (
            self._webhooks.route("message", self._message, NEEDS),
            self._webhooks.route("status", self._status, STATUS_NEEDS),
        )

    def handlers(self) -> Mapping[Kind, DeliveryHandler]:
        return {
            Kind.CALL: self._taker.handle,
            Kind.ANSWER: self._answers.do,
            Kind.ACKNOWLEDGEMENT: self._answers.do,
        }

    async def start(self) -> None:
        await asyncio.to_thread(normal_number, self._settings.numbers[0])  # its library takes long to import

    async def run(self) -> None:
        name = self._context.name
        forgetting = forget_old_records(self._settings, self._context, self._backstage)
        async with asyncio.TaskGroup() as parts:
            parts.create_task(self._catching_up.run(), name=f"missed messages of {name}")
            parts.create_task(forgetting, name=f"old records of {name}")

    async def close(self) -> None:
        await self._webhooks.close()
        await self._media.close()
        await self._api.close()

    async def _message(self, webhook: Webhook) -> str:
        if is_status(webhook.form):
            return _NOTHING
        try:
            await self._keeper.keep(told(webhook.form, self._context.clock.now()))
        except StoreUnavailable:
            self._catching_up.wake()
            raise
        return _NOTHING

    async def _status(self, webhook: Webhook) -> str:
        if await self._statuses.tell(webhook):
            self._backstage.owed(Kind.ANSWER)
        return _NOTHING
