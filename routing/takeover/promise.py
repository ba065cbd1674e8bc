"""The promise of one policy in figures: what the evidence of its takeovers is measured against."""

from gateway.core.bound import Bound
from routing.takeover.assessment import PolicyAssessment
from routing.takeover.bounds import detection, rescue, ticket
from routing.takeover.inputs import ProviderFigures


class PolicyPromise:
    """The bounds that were printed for a policy, in seconds."""

    def __init__(self, assessment: PolicyAssessment) -> None:
        self._assessment = assessment
        self._providers = {provider.name: provider for provider in assessment.policy.providers}

    def detection(self, provider: str) -> float:
        """T_active + e: from the fault to the switch, which takes a commit."""
        return self._detected(provider).seconds + self._assessment.platform.lag

    def ticket(self, backup: str | None) -> float:
        """T_ticket with that backup; the contract itself while there is none."""
        for each in self._assessment.backups:
            if each.name == backup:
                return each.ticket.seconds
        if backup is None:
            return self._assessment.policy.contract
        primary, taker = self._assessment.policy.primary.desk, self._provider(backup).desk
        return ticket(self._assessment.hedge, primary, [taker], self._assessment.platform).seconds

    def rescue(self, provider: str, backup: str | None, size: int) -> float:
        """T_rescue for `size` tickets; while there is no backup, as with the last of the policy's providers."""
        taker = self._provider(backup) if backup is not None else self._assessment.policy.providers[-1]
        return rescue(size, self._detected(provider), taker.desk, self._assessment.platform).seconds

    def _detected(self, provider: str) -> Bound:
        return detection(self._provider(provider).probing, self._assessment.platform.lag)

    def _provider(self, name: str) -> ProviderFigures:
        return self._providers[name]
