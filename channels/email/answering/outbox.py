"""The way out of a channel's mails: its relay, and another for what that one can't take now, or refuses."""

from collections.abc import Sequence
from typing import Protocol, TypeGuard

from channels.email.sending.relay import Relay
from channels.troubles import Troubles
from gateway.core.ports import MailMeasurements
from gateway.core.post import Deferred, Outcome, Refused, Unknown

_ABOUT_THE_MAIL = frozenset({"sender", "recipient", "content"})
"""Steps at which a relay that can't take a mail now speaks of that mail; at any other it is in trouble itself."""
_PARTS = ("smtp", "backup_smtp")


class MailSender(Protocol):
    """What hands mails to one relay: a `Sender`."""

    relay: Relay

    async def send(self, envelope_from: str, recipients: Sequence[str], content: bytes) -> Outcome: ...


class Outbox:
    """Hands mails to the first of `relays`, or else to the next."""

    def __init__(
        self, name: str, relays: Sequence[MailSender], measurements: MailMeasurements, troubles: Troubles
    ) -> None:
        """`name` is the channel's; there are one or two relays."""
        self._name = name
        self._relays = tuple(zip(_PARTS, relays, strict=False))
        self._measurements = measurements
        self._troubles = troubles

    @property
    def relay(self) -> Relay:
        """The first."""
        return self._relays[0][1].relay

    async def send(self, recipient: str, content: bytes, envelope_from: str) -> Outcome:
        """What became of a whole mail; another relay is asked only while none may have it. As long as one may take it
        later, it is Deferred."""
        outcome = await self._send(recipient, content, envelope_from)
        self._measurements.mail_sent(self._name, type(outcome).__name__.lower())
        return outcome

    async def _send(self, recipient: str, content: bytes, envelope_from: str) -> Outcome:
        outcomes: list[Outcome] = []
        for part, relay in self._relays:
            outcomes.append(outcome := await relay.send(envelope_from, [recipient], content))
            self._note(part, outcome)
            if not (isinstance(outcome, Refused) or _in_trouble(outcome)):
                return outcome
        return next((each for each in outcomes if _in_trouble(each)), outcomes[-1])

    def _note(self, part: str, outcome: Outcome) -> None:
        if _in_trouble(outcome):
            self._troubles.troubled(part, f"{outcome.step}: {outcome.why}")
        elif not isinstance(outcome, Unknown):
            self._troubles.recovered(part)


def _in_trouble(outcome: Outcome) -> TypeGuard[Deferred | Refused]:
    """A relay that refuses our address has taken its permission away: any other mail would meet the same."""
    if isinstance(outcome, Refused):
        return outcome.step == "sender"
    return isinstance(outcome, Deferred) and outcome.step not in _ABOUT_THE_MAIL
