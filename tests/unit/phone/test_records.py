"""Old records are given up by the channel itself; a store that failed for good stops the service."""

from dataclasses import replace

from channels.phone.records import forget_old_records
from gateway.core.errors import StoreFailed
from tests.support.mail_parts import mail_parts
from tests.support.phone_calls import voice_settings


class _BrokenStore:
    """A store whose disk has failed."""

    async def forget_calls(self, channel: str, before: float, limit: int) -> int:
        raise StoreFailed("the disk is broken")


async def test_a_store_that_failed_for_good_stops_the_service() -> None:
    async with mail_parts() as parts:
        backstage = replace(parts.backstage, store=_BrokenStore())  # type: ignore[arg-type]
        await forget_old_records(voice_settings(), parts.context, backstage)
        assert [str(each) for each in parts.failures] == ["the disk is broken"]
