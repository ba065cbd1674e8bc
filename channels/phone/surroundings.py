"""What a call asks of the world, as it is at this moment: the port Facts of the flow."""

from collections.abc import Sequence

from channels.channel import ChannelContext
from channels.phone.call import Call
from channels.phone.calling_back.guard import Claimed, refusal
from channels.phone.inputs import Incoming
from channels.phone.settings import VoiceSettings
from gateway.core.dialling import Desk
from gateway.core.ticket import Priority

ATTESTED = "TN-Validation-Passed-A"
"""StirVerstat of a number that its carrier vouches for (www.twilio.com/docs/voice/trusted-calling-with-shakenstir)."""


class Surroundings:
    """Of one channel's calls."""

    def __init__(self, settings: VoiceSettings, context: ChannelContext) -> None:
        self._settings = settings
        self._context = context

    def desks(self, call: Call) -> Sequence[Desk]:
        """By the routing that is in force."""
        priority = priority_of(self._settings, call)
        return self._context.routing.desks(self._context.name, call.language, call.category, priority)

    def may_call_back(self, incoming: Incoming) -> bool:
        """By what is known of the number; limits are looked at when it is called."""
        claimed = Claimed(incoming.caller, told_by_network=True, attested=incoming.attestation == ATTESTED)
        return refusal(claimed, self._settings, incoming.at) is None


def priority_of(settings: VoiceSettings, call: Call) -> Priority:
    """Of its ticket: by the category that was chosen."""
    category = settings.category(call.category)
    return Priority[category.priority.upper()] if category and category.priority else Priority.NORMAL
