"""The day's limits, held against what the store has counted; operations are told when one of them stops everybody."""

from dataclasses import replace

from channels.phone.calling_back.callback import Refusal
from channels.phone.calling_back.guard import DAY, lasts_at_most, over_limits, with_one_more
from channels.phone.settings import CallbackSettings
from channels.troubles import Troubles
from gateway.core.clock import Clock
from gateway.core.ports import CallStore

_PART = "limits of calling back"
_FOR_EVERYBODY = {
    Refusal.MOST_A_DAY: "as many have been called back in 24 hours as callback.most_a_day permits",
    Refusal.SPEND: "callback.spend_a_day is used up, or as good as",
}


class Limits:
    """Of one channel."""

    def __init__(
        self, settings: CallbackSettings, channel: str, store: CallStore, clock: Clock, troubles: Troubles
    ) -> None:
        self._settings = settings
        self._channel = channel
        self._store = store
        self._clock = clock
        self._troubles = troubles

    async def refusal(self, number: str, *, counted: bool) -> Refusal | None:
        """Why that number can't be called back now; None where it can. `counted` where what that may cost is kept
        already: only then it is certain that nobody else spends the same money. Raises the store's errors."""
        since = self._clock.now() - DAY
        # One that was asked for before may have had its lines within the day.
        paid_for = await self._store.calls_to(self._channel, since - lasts_at_most(self._settings))
        made = replace(await self._store.calls_to(self._channel, since), seconds=paid_for.seconds)
        to_it = await self._store.calls_to(self._channel, since, number)
        if not counted:
            made, to_it = with_one_more(made, self._settings), with_one_more(to_it, self._settings)
        refusal = over_limits(self._settings, made, to_it)
        self._troubles.noticed(_PART, _FOR_EVERYBODY.get(refusal) if refusal else None)
        return refusal
