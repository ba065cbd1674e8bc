"""What an administrator writes of policies, and of the terms that a provider's contract sets."""

from pydantic import Field, field_validator

from gateway.core.hours import Hours
from gateway.core.settings import Duration, Settings
from gateway.core.ticket import Priority


class ContractTerms(Settings):
    """The terms that decide whether a provider may have a ticket, and whether a backup is of the same level."""

    languages: tuple[str, ...] = Field((), description="Languages it serves; none given means any.")
    channels: tuple[str, ...] = Field((), description="Channels it serves; none given means any.")
    categories: tuple[str, ...] = Field((), description="Categories it has the skills for; none given means any.")
    hours: Hours | None = Field(None, description="Service hours; none given means always.")
    confidentiality: tuple[str, ...] = Field((), description="Obligations it has signed, such as gdpr or ens-high.")


class Match(Settings):
    """Which tickets a policy is for: all that is given must fit; an empty match fits every ticket."""

    channels: tuple[str, ...] = Field((), description="Names of channels.")
    languages: tuple[str, ...] = Field((), description="Such as es, which fits es-MX too.")
    categories: tuple[str, ...] = Field((), description="Categories of requests.")
    priorities: tuple[str, ...] = Field((), description="Of low, normal, high and urgent.")

    @field_validator("priorities")
    @classmethod
    def _are_priorities(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        known = [priority.label for priority in Priority]
        for name in names:
            if name not in known:
                raise ValueError(f"{name!r} is no priority; allowed: {', '.join(known)}")
        return names


class PolicySettings(Settings):
    """One policy. The first whose match fits a ticket decides about it."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$", description="Unique; shown in metrics and evidence.")
    match: Match = Match()
    providers: tuple[str, ...] = Field(min_length=1, description="The primary, then the backups in order.")
    takeover_within: Duration = Field(gt=0, description="The contracted time T, from durable acceptance.")
    hedge: Duration | None = Field(
        None, gt=0, description="How long one provider may keep a ticket unanswered (h). Derived unless given."
    )
    pick_up_within: Duration | None = Field(
        None, gt=0, description="A ticket that nobody has picked up by then goes to the next provider (W)."
    )
    give_up_after: int = Field(12, ge=1, description="Attempts in vain before a ticket goes to quarantine.")
