"""The addresses that Twilio alone may ask: what it hasn't signed is refused and counted, and operations are told where
that looks like a wrong setting. For calls and text messages alike."""

from collections.abc import Awaitable, Callable, Collection
from functools import partial
from http import HTTPStatus

from aiohttp import web

from channels.channel import Backstage, ChannelContext
from channels.phone.settings import AccountSettings
from channels.phone.twilio.signed import Guard, Refusal, Trust, Webhook
from channels.troubles import Troubles
from gateway.core.clock import Instant
from gateway.core.ready_answer import ReadyAnswer, ReadyHead

_TWIML = ReadyHead(HTTPStatus.OK, {"Content-Type": "text/xml; charset=utf-8"})
_LATELY = 600.0
"""Seconds after a good webhook during which one that anybody can have made is no sign of a wrong setting."""

Answering = Callable[[Webhook], Awaitable[str]]
"""What a webhook is answered: TwiML. May raise Problem."""


class Webhooks:
    """One channel's, below `/channels/NAME/`."""

    def __init__(self, settings: AccountSettings, context: ChannelContext, backstage: Backstage) -> None:
        self._name = context.name
        self._public_url = context.public_url
        self._clock = context.clock
        self._measurements = backstage.measurements
        self._trust = Trust(context.public_url, settings.account_sid, settings.auth_token.get_secret_value())
        self.troubles = Troubles(context.name, backstage.store, context.clock)
        """What of the channel doesn't work; closed with it."""
        self._good_at: dict[str, Instant] = {}

    @property
    def path(self) -> str:
        """Below which everything of the channel is, without a final slash."""
        return f"/channels/{self._name}"

    @property
    def base(self) -> str:
        """The same with scheme and host, as Twilio is told."""
        return self._public_url + self.path

    def route(self, page: str, answering: Answering, needs: Collection[str] = ()) -> web.RouteDef:
        """`answering` is called with what Twilio has signed, which has every parameter that it `needs`."""
        guard = Guard(self._trust, partial(self._refused, page))

        async def answer(request: web.Request) -> web.StreamResponse:
            webhook = await guard.receive(request, needs)
            self._good_at[page] = self._clock.now()
            self.troubles.recovered(_part(page))
            return ReadyAnswer(_TWIML, (await answering(webhook)).encode(), {})

        return web.post(f"{self.path}/{page}", answer)

    async def close(self) -> None:
        """Nothing more is told."""
        await self.troubles.close()

    def _refused(self, page: str, refusal: Refusal, signed_for: str | None) -> None:
        self._measurements.webhook_refused(self._name, refusal)
        if refusal.looks_like_misconfiguration and (_is_proved(refusal) or not self._works(page)):
            self.troubles.troubled(_part(page), self._why(refusal, signed_for))

    def _works(self, page: str) -> bool:
        good_at = self._good_at.get(page)
        return good_at is not None and self._clock.now() - good_at < _LATELY

    def _why(self, refusal: Refusal, signed_for: str | None) -> str:
        match refusal:
            case Refusal.OTHER_ADDRESS:
                here = f"gateway.public.url is {self._public_url}"
                return f"Twilio signs for {signed_for}, and {here}: make them the same, to the last slash"
            case Refusal.OTHER_ACCOUNT:
                return "it is of another account than account_sid"
            case Refusal.OTHER_KEY:
                return "it is signed with a shared key, and not with auth_token"
            case _:
                return "its signature is wrong: is this auth_token the account's primary one?"


def _part(page: str) -> str:
    return f"webhook {page}"


def _is_proved(refusal: Refusal) -> bool:
    """Nobody but Twilio, or who has the secret, can have made it."""
    return refusal is Refusal.OTHER_ADDRESS
