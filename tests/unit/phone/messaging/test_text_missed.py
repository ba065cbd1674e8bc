"""When Twilio's list is looked at for messages that were missed, in virtual time."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from channels.phone.messaging.keeping import TextKeeper
from channels.phone.messaging.missed import MissedTexts
from channels.phone.messaging.sending import API
from channels.phone.messaging.service import Service
from channels.phone.settings import TextSettings
from channels.phone.twilio.records import MessageRecord
from channels.phone.twilio.rest import ApiUnavailable
from channels.troubles import Troubles
from gateway.core.clock import Instant
from gateway.core.events import ChannelRecovered, ChannelTroubled
from tests.support.mail_parts import mail_parts
from tests.support.twilio_api import ACCOUNT_SID, AUTH_TOKEN
from tests.support.virtual_time import run

NUMBER = "+34910000000"


@dataclass
class List:
    """Twilio's, with nothing in it."""

    away: bool = False
    looked_at: list[float] = field(default_factory=list)

    async def messages_since(self, since: Instant) -> AsyncIterator[MessageRecord]:
        self.looked_at.append(asyncio.get_running_loop().time())
        if self.away:
            raise ApiUnavailable("it answered 503")
        for each in tuple[MessageRecord, ...]():
            yield each


def test_it_is_looked_at_now_and_then_soon_after_one_was_missed_and_after_trouble() -> None:
    async def scenario() -> None:
        account = {"account_sid": ACCOUNT_SID, "auth_token": AUTH_TOKEN, "numbers": [NUMBER]}
        async with mail_parts() as parts:
            store, clock, seen = parts.store, parts.clock, List()
            troubles = Troubles("texts", store, clock)
            keeper = TextKeeper("texts", parts.backstage, clock)
            settings = TextSettings.model_validate(account)
            missed = MissedTexts("texts", Service.SMS, settings, store, keeper, seen, troubles, clock)
            await store.save_mailbox_position("texts", "messages", f"{clock.now():.3f}")
            running = asyncio.create_task(missed.run())
            await asyncio.sleep(310)
            missed.one_was_missed()
            await asyncio.sleep(20)
            assert [round(each) for each in seen.looked_at] == [0, 300, 320]
            seen.away = True
            await asyncio.sleep(305)
            assert [round(each) for each in seen.looked_at[3:]] == [620, 630]
            seen.away = False
            await asyncio.sleep(10)
            await troubles.said()
            assert [each.part for each in parts.heard.of(ChannelTroubled)] == [API]
            assert [each.part for each in parts.heard.of(ChannelRecovered)] == [API]
            running.cancel()
            await asyncio.wait({running})

    run(scenario())
