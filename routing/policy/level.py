"""Whether a backup is of the same level as the primary: whatever the primary may be given, the backup can take."""

from collections.abc import Sequence

from gateway.core.clock import Instant, iso
from gateway.core.hours import first_gap
from gateway.core.texts import Saying
from routing.policy.settings import ContractTerms, Match


def findings(primary: ContractTerms, backup: ContractTerms, match: Match, now: Instant) -> list[Saying]:
    """In words, what of this policy's tickets the primary takes and the backup doesn't; empty where nothing."""
    found = [
        words
        for what, needed, primary_serves, backup_serves in (
            (Saying("languages"), match.languages, primary.languages, backup.languages),
            (Saying("channels"), match.channels, primary.channels, backup.channels),
            (Saying("categories"), match.categories, primary.categories, backup.categories),
        )
        if (words := _unserved(what, needed, primary_serves, backup_serves))
    ]
    return [*found, *_hours(primary, backup, now), *_confidentiality(primary, backup)]


def _unserved(what: Saying, asked: Sequence[str], primary: Sequence[str], backup: Sequence[str]) -> Saying | None:
    """An empty list stands for all there are."""
    if not backup:
        return None
    needed = [each for each in asked if each in primary] if asked and primary else asked or primary
    if not asked and not primary:
        return Saying("it serves only the {what} {served}, the primary any", what=what, served=", ".join(backup))
    missing = [each for each in needed if each not in backup]
    return Saying("it does not serve the {what} {missing}", what=what, missing=", ".join(missing)) if missing else None


def _hours(primary: ContractTerms, backup: ContractTerms, now: Instant) -> list[Saying]:
    if backup.hours is None:
        return []
    gap = first_gap(primary.hours, backup.hours, now)
    if gap is None:
        return []
    return [Saying("it is closed when the primary works, next at {time}", time=iso(gap))]


def _confidentiality(primary: ContractTerms, backup: ContractTerms) -> list[Saying]:
    missing = [each for each in primary.confidentiality if each not in backup.confidentiality]
    return [Saying("it has not signed {obligations}", obligations=", ".join(missing))] if missing else []
