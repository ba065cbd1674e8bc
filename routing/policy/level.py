"""Whether a backup is of the same level as the primary: whatever the primary may be given, the backup can take."""

from collections.abc import Sequence

from gateway.core.clock import Instant, iso
from routing.policy.hours import first_gap
from routing.policy.settings import ContractTerms, Match


def findings(primary: ContractTerms, backup: ContractTerms, match: Match, now: Instant) -> list[str]:
    """In words, what of this policy's tickets the primary takes and the backup doesn't; empty where nothing."""
    found = [
        words
        for what, needed, primary_serves, backup_serves in (
            ("languages", match.languages, primary.languages, backup.languages),
            ("channels", match.channels, primary.channels, backup.channels),
            ("categories", match.categories, primary.categories, backup.categories),
        )
        if (words := _unserved(what, needed, primary_serves, backup_serves))
    ]
    return [*found, *_hours(primary, backup, now), *_confidentiality(primary, backup)]


def _unserved(what: str, asked: Sequence[str], primary: Sequence[str], backup: Sequence[str]) -> str | None:
    """An empty list stands for all there are."""
    if not backup:
        return None
    needed = [each for each in asked if each in primary] if asked and primary else asked or primary
    if not asked and not primary:
        return f"it serves only the {what} {', '.join(backup)}, the primary any"
    missing = [each for each in needed if each not in backup]
    return f"it does not serve the {what} {', '.join(missing)}" if missing else None


def _hours(primary: ContractTerms, backup: ContractTerms, now: Instant) -> list[str]:
    if backup.hours is None:
        return []
    gap = first_gap(primary.hours, backup.hours, now)
    return [f"it is closed when the primary works, next at {iso(gap)}"] if gap is not None else []


def _confidentiality(primary: ContractTerms, backup: ContractTerms) -> list[str]:
    missing = [each for each in primary.confidentiality if each not in backup.confidentiality]
    return [f"it has not signed {', '.join(missing)}"] if missing else []
