"""What an administrator writes of a help desk that is reached by mail."""

import re
from collections.abc import Collection
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, field_validator, model_validator

from gateway.core.addresses import require_no_private_host
from gateway.core.desk_pattern import DeskPattern
from gateway.core.settings import Duration, Settings, show_duration
from gateway.core.smtp_server import SmtpAddress
from gateway.core.texts import Saying
from routing.health.settings import HealthSettings
from routing.settings import ProviderSettings
from routing.takeover.bounds import Canaries

_ADDRESS = re.compile(r"[^\s<>@,;:\"()\[\]\\]{1,64}@([^\s<>@,;:\"()\[\]\\]{1,253})")
_LONGEST_ADDRESS = 254
_DOMAIN = re.compile(r"@[^\s<>@,;:\"()\[\]\\]{1,253}")


def _address(written: str) -> str:
    if not _ADDRESS.fullmatch(written) or len(written) > _LONGEST_ADDRESS or not written.isprintable():
        raise ValueError("an address is needed, such as desk@sur.example")
    return written


def _sender(written: str) -> str:
    if not _DOMAIN.fullmatch(written) or not written.isprintable():
        try:
            _address(written)
        except ValueError:
            raise ValueError("an address is needed, or a domain such as @sur.example") from None
    return written.lower()


def _one_group(pattern: str) -> str:
    DeskPattern(pattern, groups=1)
    return pattern


def _no_group(pattern: str) -> str:
    DeskPattern(pattern, groups=0)
    return pattern


Address = Annotated[str, AfterValidator(_address)]
Sender = Annotated[str, AfterValidator(_sender)]
NumberPattern = Annotated[str, StringConstraints(min_length=1), AfterValidator(_one_group)]
SignPattern = Annotated[str, StringConstraints(min_length=1), AfterValidator(_no_group)]


class MailHealth(HealthSettings):
    """SMTP probes of the desk's mail server, on a fixed grid, confirmed at once when one fails or is slow."""

    smtp: SmtpAddress | None = Field(
        None,
        description="The desk's own mail server, such as mx.sur.example:25: greeted, and no mail is begun. Without it: "
        "the server that takes our mail, which says nothing of the desk.",
    )
    allow_private: bool = Field(False, description="Permit a private, loopback or other special address there.")
    every: Duration = Field(30.0, gt=0, description="Start-to-start period of the probes (I).")
    timeout: Duration = Field(10.0, gt=0, description="After this a probe has failed (D).")
    suspect_after: Duration = Field(5.0, gt=0, description="After this an unanswered probe raises suspicion (s <= D).")
    confirm_every: Duration = Field(5.0, gt=0, description="Spacing of the confirming probes (I_f).")
    live_window: Duration = Field(
        300.0, gt=0, description="Window over which the failure rate of live attempts counts."
    )
    hold: Duration = Field(120.0, description="How long it must be healthy again before new tickets return to it.")

    @model_validator(mode="after")
    def _address_is_permitted(self) -> Self:
        """Say at loading what would fail at every probe; other host names are judged when they are dialled."""
        if self.smtp is not None and not self.allow_private:
            require_no_private_host(self.smtp.host)
        return self


class CanarySettings(Settings):
    """A letter about nothing, to which the desk's system answers with an acknowledgement as to any other. It makes a
    ticket there: the contract must allow it."""

    every: Duration = Field(900.0, ge=1, description="How often one is sent (C).")
    within: Duration = Field(300.0, gt=0, description="How soon a mail of the desk must answer it; else it is down.")


class EmailDeskSettings(ProviderSettings):
    """A help desk that has an address. It gets each ticket as a letter by one of the mail channels, and its answers
    come in there."""

    via: str = Field(description="The mail channel that it is reached by.")
    address: Address = Field(description="Where letters go, such as desk@sur.example.")
    senders: tuple[Sender, ...] = Field(
        (),
        description="Whose mails are the desk's: addresses, or a domain as @sur.example. None given means `address`.",
    )
    ticket_number: NumberPattern | None = Field(
        None,
        description=r"Regular expression that finds the desk's own number of a ticket, in parentheses, such as "
        r"\[SUR#(\d+)\]. Groups can't be repeated, and at most two repeats are without a bound.",
    )
    picked_up: SignPattern | None = Field(
        None, description="Regular expression, without groups, by which a mail says that somebody works on the ticket."
    )
    resolved: SignPattern | None = Field(None, description="The same for a ticket that is resolved.")
    accepted: Literal["relay", "acknowledgement"] = Field(
        "relay",
        description="When the desk has a ticket: once the `relay` took the letter, or once the desk's system answered "
        "it (`acknowledgement`), for which `timeout` is then the time.",
    )
    timeout: Duration = Field(60.0, gt=0, description="One attempt, in all (D_b).")
    rate: float = Field(10.0, gt=0, description="Tickets a second that it can take (mu).")
    window: int = Field(64, ge=1, description="Attempts in flight at once: the most doubles that a hang can make.")
    health: MailHealth = MailHealth()
    canary: CanarySettings | None = Field(
        None, description="Letters that only ask for a sign of life. Without it a desk that is silent looks healthy."
    )

    @field_validator("canary")
    @classmethod
    def _one_at_a_time(cls, canary: CanarySettings | None) -> CanarySettings | None:
        if canary is not None and canary.within > canary.every:
            raise ValueError("within must not be longer than every")
        return canary

    @property
    def known_senders(self) -> frozenset[str]:
        """Whose mails are the desk's, in lower case."""
        return frozenset(self.senders) or frozenset({self.address.lower()})

    @property
    def shows_pick_up(self) -> bool:
        return self.picked_up is not None

    def canaries(self) -> Canaries | None:
        return Canaries(self.canary.every, self.canary.within) if self.canary else None

    def warnings(self, name: str, unproven: Collection[str]) -> tuple[Saying, ...]:
        if self.ticket_number is None or self.via not in unproven:
            return ()
        return (
            Saying(
                "{provider}'s ticket numbers prove nothing, since {channel} has neither authserv_id nor check_dkim: "
                "its mails are known by their thread alone",
                provider=name,
                channel=self.via,
            ),
        )

    def assumptions(self, name: str) -> tuple[Saying, ...]:
        if self.accepted == "relay":
            return (
                Saying(
                    "{provider} has a ticket once the mail server took the letter: nobody there need have seen it",
                    provider=name,
                ),
            )
        return (
            Saying(
                "{provider} has a ticket once its system acknowledged it by mail, which takes {timeout} at most",
                provider=name,
                timeout=show_duration(self.timeout),
            ),
            Saying(
                "{provider} has {window} hand-overs in hand at most: no more than {rate} a second while each takes "
                "{timeout}",
                provider=name,
                window=self.window,
                rate=f"{self.window / self.timeout:.2g}",
                timeout=show_duration(self.timeout),
            ),
        )
