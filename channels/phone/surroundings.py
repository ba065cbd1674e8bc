"""What a call asks of the world, as it is at this moment: the port Facts of the flow."""

from collections.abc import Callable, Collection, Sequence

from channels.channel import ChannelContext
from channels.phone.call import Call
from channels.phone.calling_back.guard import Claimed, refusal
from channels.phone.inputs import Incoming
from channels.phone.settings import VoiceSettings
from channels.phone.twilio.numbers import shown_number
from gateway.core.dialling import Desk
from gateway.core.ticket import Priority

ATTESTED = "TN-Validation-Passed-A"
"""StirVerstat of a number that its carrier vouches for (www.twilio.com/docs/voice/trusted-calling-with-shakenstir)."""


class Surroundings:
    """Of one channel's calls."""

    def __init__(self, settings: VoiceSettings, context: ChannelContext, phones: Callable[[], Collection[str]]) -> None:
        """`phones` are what is dialled for any desk."""
        self._settings = settings
        self._context = context
        self._phones = phones

    def desks(self, call: Call) -> Sequence[Desk]:
        """By the routing that is in force."""
        priority = priority_of(self._settings, call)
        return self._context.routing.desks(self._context.name, call.language, call.category, priority)

    def may_call_back(self, incoming: Incoming) -> bool:
        """By what is known of the number; limits are looked at when it is called."""
        attested = incoming.attestation == ATTESTED
        claimed = Claimed(shown_number(incoming.caller), told_by_network=True, attested=attested)
        return refusal(claimed, self._settings, incoming.at, self._phones()) is None


def priority_of(settings: VoiceSettings, call: Call) -> Priority:
    """Of its ticket: by the category that was chosen."""
    category = settings.category(call.category)
    return Priority[category.priority.upper()] if category and category.priority else Priority.NORMAL
