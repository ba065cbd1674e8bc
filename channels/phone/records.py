"""The records of calls and messages, with the numbers of people in them: given up once they are old."""

from channels.channel import Backstage, ChannelContext
from channels.forgetting import forget_old
from channels.phone.settings import AccountSettings
from gateway.core.errors import StoreFailed


async def forget_old_records(settings: AccountSettings, context: ChannelContext, backstage: Backstage) -> None:
    """Of one channel, until cancelled."""
    try:
        await forget_old(backstage.store.forget_calls, context.name, settings.keep_records, context.clock)
    except StoreFailed as error:
        backstage.failed(error)
