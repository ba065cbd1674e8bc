"""The web channel: its routes, and what stands behind each."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from aiohttp import web

from channels.channel import Channel, ChannelContext
from channels.web.api import API_PATH, TicketApi
from channels.web.attachments import ATTACHMENT_PATH, AttachmentDownload
from channels.web.drafts import Drafts
from channels.web.first_aid import SOLVED_PATH, FirstAid
from channels.web.form import RequestForm
from channels.web.pages import Pages
from channels.web.settings import WebSettings
from channels.web.throttle import Throttle
from channels.web.ticket import TicketPage
from gateway.core.texts import Texts
from gateway.core.turns import Turns

TEXTS_FOLDER = Path(__file__).parent / "texts"


class WebChannel(Channel):
    """A JSON API, a form, and the requester's page; `sleep` is what whoever sends too much is slowed by."""

    def __init__(
        self,
        settings: WebSettings,
        context: ChannelContext,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        texts = Texts(TEXTS_FOLDER, context.organisation.texts)
        throttle = Throttle(settings.rates, sleep)
        drafts = Drafts(settings, context, throttle)
        turns = Turns()
        self._pages = Pages(settings, context, texts)
        self._api = TicketApi(settings, context, texts, throttle)
        self._form = RequestForm(settings, context, self._pages, drafts, turns)
        self._first_aid = FirstAid(settings, context, self._pages, throttle, turns)
        self._attachments = AttachmentDownload(context, turns)
        self._ticket = TicketPage(settings, context, self._pages, drafts, turns)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post(API_PATH, self._api.create),
            web.get("/", self._form.show),
            web.post("/", self._form.send),
            web.post(SOLVED_PATH, self._first_aid.count),
            web.get(SOLVED_PATH, self._first_aid.show),
            web.get("/t/{token}", self._ticket.show),
            web.post("/t/{token}/messages", self._ticket.send),
            web.get("/t/{token}/messages", self._ticket.back),
            web.get(ATTACHMENT_PATH, self._attachments.send),
            *self._pages.assets.routes(),
        ]
