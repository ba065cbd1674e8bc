"""The web channel: its routes, and what stands behind each."""

from pathlib import Path

from aiohttp import web

from channels.channel import ChannelContext
from channels.web.api import API_PATH, TicketApi
from channels.web.form import RequestForm
from channels.web.pages import Pages
from channels.web.settings import WebSettings
from channels.web.ticket import TicketPage
from gateway.core.texts import Texts

TEXTS_FOLDER = Path(__file__).parent / "texts"


class WebChannel:
    """A JSON API, a form, and the requester's page."""

    def __init__(self, settings: WebSettings, context: ChannelContext) -> None:
        texts = Texts(TEXTS_FOLDER)
        self._pages = Pages(context, texts)
        self._api = TicketApi(settings, context, texts)
        self._form = RequestForm(settings, context, self._pages)
        self._ticket = TicketPage(settings, context, self._pages)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post(API_PATH, self._api.create),
            web.get("/", self._form.show),
            web.post("/", self._form.send),
            web.get("/t/{token}", self._ticket.show),
            web.post("/t/{token}/messages", self._ticket.send),
            web.get(self._pages.style_path, self._pages.style),
        ]
