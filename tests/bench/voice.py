"""The telephone of the measurements: a channel, and what Twilio posts to it in a call that a desk answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import formatdate

ACCOUNT_SID = "AC" + "0b" * 16
AUTH_TOKEN = "a token for measurements alone"
NUMBER, CALLER, DESK = "+34910000000", "+34600111222", "+34910000001"
BASE_PATH = "/channels/phone"
_TOKEN = "BENCH_AUTH_TOKEN"
PHONE = {"phone": {"type": "voice", "account_sid": ACCOUNT_SID, "auth_token": {"env": _TOKEN}, "numbers": [NUMBER]}}
PHONE_SECRETS = {_TOKEN: AUTH_TOKEN}
_PLACES = ("City", "Country", "State", "Zip")
_OF_REPORTS = {"CallbackSource": "call-progress-events"}


@dataclass(frozen=True, slots=True)
class Webhook:
    """One of a call, with what it says beside what all of its line do."""

    page: str
    status: str
    """Of the line that it is about."""
    of_leg: bool = False
    """In the name of the desk's line, and not of the caller's."""
    further: Mapping[str, str] = field(default_factory=dict)
    reports: bool = False
    """Tells of progress; what it is answered is of no account."""

    def path(self, number: int) -> str:
        """With the query that the gateway's own answer has asked for, in the call of that number."""
        if self.of_leg:
            return f"{BASE_PATH}/{self.page}?call={call_sid(number)}&step=1"
        return f"{BASE_PATH}/{self.page}" + ("?step=1" if self.page == "dial" else "")

    def form(self, number: int) -> dict[str, str]:
        """Its parameters in the call of that number."""
        legs = {"DialCallSid": leg_sid(number)} if self.page == "dial" else {}
        line = _leg(number) if self.of_leg else _call(number)
        reported = {**_OF_REPORTS, "Timestamp": formatdate(usegmt=True)} if self.reports else {}
        return {**line, **legs, **self.further, **reported, "CallStatus": self.status}


def call_sid(number: int) -> str:
    return f"CA{number:032x}"


def leg_sid(number: int) -> str:
    """Of the desk's line."""
    return f"CA{1:x}{number:031x}"


def _call(number: int) -> dict[str, str]:
    return {"CallSid": call_sid(number), "Direction": "inbound", **_between(CALLER, NUMBER)}


def _leg(number: int) -> dict[str, str]:
    parent = {"ParentCallSid": call_sid(number)}
    return {"CallSid": leg_sid(number), **parent, "Direction": "outbound-dial", **_between(CALLER, DESK)}


def _between(caller: str, called: str) -> dict[str, str]:
    ends = {"From": caller, "Caller": caller, "To": called, "Called": called}
    places = {f"{end}{place}": "ES" if place == "Country" else "" for end in ends for place in _PLACES}
    return {"AccountSid": ACCOUNT_SID, "ApiVersion": "2010-04-01", **ends, **places}


FIRST = Webhook("voice", "ringing")
RINGING = Webhook("status", "ringing", of_leg=True, further={"SequenceNumber": "1"}, reports=True)
ANSWERED_CALL: Sequence[Webhook] = (
    FIRST,
    Webhook("status", "initiated", of_leg=True, further={"SequenceNumber": "0"}, reports=True),
    RINGING,
    Webhook("whisper", "in-progress", of_leg=True),
    Webhook("status", "in-progress", of_leg=True, further={"SequenceNumber": "2"}, reports=True),
    Webhook("accept", "in-progress", of_leg=True, further={"Digits": "1", "msg": "Gather End", "FinishedOnKey": ""}),
    Webhook(
        "dial",
        "in-progress",
        further={"DialCallStatus": "completed", "DialCallDuration": "42", "DialBridged": "true"},
    ),
    Webhook(
        "status",
        "completed",
        of_leg=True,
        further={"SequenceNumber": "3", "CallDuration": "42", "Duration": "1"},
        reports=True,
    ),
    Webhook(
        "status", "completed", further={"SequenceNumber": "0", "CallDuration": "53", "Duration": "1"}, reports=True
    ),
)
"""All that Twilio posts, in its order: the desk's agent takes the call by key, they speak, the agent hangs up first
(https://www.twilio.com/docs/voice/twiml, .../dial, .../number, .../api/call-resource)."""
