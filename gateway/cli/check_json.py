"""The assessment of a configuration as JSON; all times in seconds."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from gateway.core.bound import Bound
from routing.takeover.assessment import Assessment, BackupAssessment, PolicyAssessment

if TYPE_CHECKING:
    from channels.phone.promise.assessment import LineAssessment


def assessment_data(assessment: Assessment, lines: "Sequence[LineAssessment]") -> dict[str, Any]:
    """Everything that `relevo check` says."""
    return {
        "met": assessment.met and all(line.met for line in lines),
        "policies": [_policy(policy) for policy in assessment.policies],
        "lines": [_line(line) for line in lines],
        "notes": list(assessment.notes),
    }


def _policy(policy: PolicyAssessment) -> dict[str, Any]:
    return {
        "name": policy.name,
        "met": policy.met,
        "problem": policy.problem,
        "knob": asdict(policy.knob) if policy.knob else None,
        "takeover_within": policy.policy.contract,
        "hedge": _rounded(policy.hedge),
        "hedge_derived": policy.policy.hedge is None,
        "providers": [
            {
                "name": each.name,
                "silence": _bound(each.silence),
                "errors": _bound(each.errors),
                "silent_death": _bound(each.silent_death) if each.silent_death else None,
            }
            for each in policy.providers
        ],
        "backups": [_backup(backup) for backup in policy.backups],
        "warnings": list(policy.warnings),
    }


def _line(line: "LineAssessment") -> dict[str, Any]:
    return {
        "channel": line.channel,
        "met": line.met,
        "problem": line.problem,
        "knob": asdict(line.knob) if line.knob else None,
        "answer_within": line.contract,
        "policies": [
            {
                "name": each.crew.policy,
                "desks": [desk.provider for desk in each.crew.desks],
                "typical": _bound(each.typical),
                "slowest": _bound(each.slowest),
            }
            for each in line.crews
        ],
        "warnings": list(line.warnings),
    }


def _backup(backup: BackupAssessment) -> dict[str, Any]:
    return {
        "name": backup.name,
        "ticket": _bound(backup.ticket),
        "rescue": _bound(backup.rescue),
        "silent_death": _bound(backup.silent_death) if backup.silent_death else None,
        "drain": asdict(backup.drain),
    }


def _bound(bound: Bound) -> dict[str, Any]:
    return {
        "what": bound.what,
        "seconds": _rounded(bound.seconds),
        "terms": [
            {"symbol": term.formula, "words": term.words, "seconds": _rounded(term.seconds)} for term in bound.terms
        ],
        "assumptions": list(bound.assumptions),
    }


def _rounded(seconds: float) -> float:
    """To the microsecond: what is left of binary fractions says nothing."""
    return round(seconds, 6)
