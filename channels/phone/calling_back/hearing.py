"""What Twilio's webhooks say of a call back, as the flow takes it. Pure: the only place that knows their parameters.

Their pages: www.twilio.com/docs/voice/api/call-resource (StatusCallback), .../twiml/gather, dial, number.
"""

from collections.abc import Callable, Mapping

from channels.phone.answers import Page
from channels.phone.calling_back import inputs
from channels.phone.hearing import FINAL
from channels.phone.twilio.signed import Webhook
from gateway.core.clock import Instant

NEEDS: Mapping[Page, tuple[str, ...]] = {
    Page.CALLBACK_DESK: ("CallSid", "CallStatus"),
    Page.CALLBACK_ACCEPT: ("CallSid", "CallStatus"),
    Page.CALLBACK_GREETING: ("CallSid", "CallStatus"),
    Page.CALLBACK_JOIN: ("CallSid", "CallStatus"),
    Page.CALLBACK_OVER: ("CallSid", "DialCallStatus"),
    Page.CALLBACK_STATUS: ("CallSid", "CallStatus"),
}
"""Every page, and what always comes with its webhooks."""


def which(webhook: Webhook) -> tuple[str, int]:
    """The call back that it is about, and the step: what we had put into the address."""
    step = webhook.query.get("step", "")
    return webhook.query.get("call", ""), int(step) if step.isdecimal() and len(step) < 10 else 0


def heard(page: Page, webhook: Webhook, at: Instant) -> inputs.Input | None:
    """None where it says nothing that matters."""
    return _READERS[page](webhook, at)


def _desk(webhook: Webhook, at: Instant) -> inputs.Input | None:
    return None if _is_over(webhook) else inputs.PickedUp(at, which(webhook)[1], webhook.form["CallSid"])


def _accept(webhook: Webhook, at: Instant) -> inputs.Input | None:
    """Who presses the key and hangs up at once must not have the requester called."""
    form = webhook.form
    return (
        None if _is_over(webhook) else inputs.AgentKeys(at, which(webhook)[1], form["CallSid"], form.get("Digits", ""))
    )


def _greeting(webhook: Webhook, at: Instant) -> inputs.Input | None:
    return None if _is_over(webhook) else inputs.RequesterPickedUp(at, which(webhook)[1])


def _join(webhook: Webhook, at: Instant) -> inputs.Input | None:
    """Who says no and hangs up has said no."""
    return inputs.RequesterKeys(at, which(webhook)[1], webhook.form.get("Digits", ""))


def _over(webhook: Webhook, at: Instant) -> inputs.Input:
    bridged = {"true": True, "false": False}.get(webhook.form.get("DialBridged", ""))
    return inputs.RequesterEnded(at, which(webhook)[1], bridged, _seconds(webhook, "DialCallDuration"))


def _status(webhook: Webhook, at: Instant) -> inputs.Input:
    sid, status, step = webhook.form["CallSid"], webhook.form["CallStatus"], which(webhook)[1]
    if status not in FINAL:
        return inputs.Ordered(at, step, sid)
    return inputs.DeskEnded(at, step, sid, status, _seconds(webhook, "CallDuration"))


_READERS: Mapping[Page, Callable[[Webhook, Instant], inputs.Input | None]] = {
    Page.CALLBACK_DESK: _desk,
    Page.CALLBACK_ACCEPT: _accept,
    Page.CALLBACK_GREETING: _greeting,
    Page.CALLBACK_JOIN: _join,
    Page.CALLBACK_OVER: _over,
    Page.CALLBACK_STATUS: _status,
}


def _is_over(webhook: Webhook) -> bool:
    return webhook.form.get("CallStatus") in FINAL


def _seconds(webhook: Webhook, name: str) -> float:
    written = webhook.form.get(name, "")
    return float(written) if written.isdecimal() else 0.0
