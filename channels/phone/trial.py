"""Trying a Twilio account: its API is there, and takes our credentials. Nothing is called or sent."""

from collections.abc import Callable
from urllib.parse import urlsplit

from channels.phone.settings import AccountSettings
from channels.phone.twilio.rest import Account, ApiUnavailable, TwilioApi
from channels.trial import Tried
from gateway.core.clock import Clock

_ANSWER_WITHIN = 5.0


async def try_out(settings: AccountSettings, clock: Clock, report: Callable[[Tried], None]) -> bool:
    """A `Trial`."""
    api = TwilioApi(Account.of(settings), clock, within=_ANSWER_WITHIN)
    part = f"api: {urlsplit(settings.api).netloc}"
    try:
        await api.require_account()
    except ApiUnavailable as error:
        report(Tried(part, "account", str(error)))
        return False
    finally:
        await api.close()
    report(Tried(part, "account"))
    return True
