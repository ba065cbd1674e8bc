"""What callers hear while nothing can be kept: no error, but what Twilio would say if we were gone altogether. How the
call went is learnt from the REST API afterwards."""

from collections.abc import Mapping

from aiohttp import web

from channels.channel import ChannelContext
from channels.phone.answers import Page
from channels.phone.fallback import FallbackWriter
from channels.phone.settings import VoiceSettings
from channels.phone.twilio.form import Form
from channels.phone.twilio.signed import Webhook
from gateway.core.problems import NOT_FOUND, UNAVAILABLE, Problem
from gateway.core.ticket import Priority

_THANKS = "thanks"
_JOIN = "<Response/>"
"""Of a desk's end: whoever picked up and the caller are joined."""
_CUT = "<Response><Hangup/></Response>"
_RETRY_AFTER = {"Retry-After": "5"}


class Away:
    """One channel's answers without a store. `base` is where Twilio reaches the channel, without a final slash."""

    def __init__(self, settings: VoiceSettings, context: ChannelContext, base: str) -> None:
        self._settings = settings
        self._context = context
        self._base = base
        organisation = context.organisation
        self._writers: Mapping[str, FallbackWriter] = {
            language: FallbackWriter(settings, organisation.name, language, organisation.texts)
            for language in settings.languages
        }

    def routes(self, path: str) -> list[web.RouteDef]:
        """Where the static document goes on after a message; it needs no signature, since it says the same to all."""
        return [web.get(f"{path}/{_THANKS}/{{language}}", self._thank)]

    def answer(self, page: Page, webhook: Webhook) -> str:
        """TwiML. Raises Problem where nobody is listening: that we couldn't keep it is all that there is to say."""
        language = self._language(webhook.form)
        match page:
            case Page.VOICE | Page.KEYS:
                return self._document(language, dialling=True)
            case Page.DIAL if _were_joined(webhook.form):
                return _CUT
            case Page.VOICEMAIL if webhook.form.get("RecordingSid"):
                return self._thanks(language)
            case Page.DIAL | Page.VOICEMAIL:
                return self._document(language, dialling=False)
            case Page.WHISPER | Page.ACCEPT:
                return _JOIN
            case _:
                raise Problem(UNAVAILABLE, headers=_RETRY_AFTER)

    def _document(self, language: str, *, dialling: bool) -> str:
        desks = self._context.routing.desks(self._context.name, language, None, Priority.NORMAL) if dialling else ()
        return self._writers[language].write(desks, f"{self._base}/{_THANKS}/{language}").call

    def _thanks(self, language: str) -> str:
        return self._writers[language].write((), "").thanks

    def _language(self, form: Form) -> str:
        """The number's: what the caller has chosen can't be looked up."""
        return self._settings.number_languages.get(form.get("To", ""), self._settings.languages[0])

    async def _thank(self, request: web.Request) -> web.Response:
        language = request.match_info["language"]
        if language not in self._writers:
            raise Problem(NOT_FOUND)
        return web.Response(text=self._thanks(language), content_type="text/xml")


def _were_joined(form: Form) -> bool:
    return form.get("DialCallStatus") in ("completed", "answered") and form.get("DialBridged") != "false"
