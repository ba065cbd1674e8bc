"""Trying a relay step by step: what an administrator sees of `relevo channels test`, and a desk's sign of life."""

import asyncio
from collections.abc import Callable

import aiosmtplib

from channels.email.sending.opening import RelayTrouble, open_session
from channels.email.sending.patience import PATIENCE, Patience
from channels.email.sending.relay import Relay
from channels.email.step import Step


async def probe(relay: Relay, report: Callable[[Step], None], *, patience: Patience = PATIENCE) -> bool:
    """Tell `report` each step as it ends, up to the first that fails; whether all went well. No mail is begun."""
    begun: list[str] = []

    def begin(name: str) -> None:
        if begun:
            report(Step(begun[-1]))
        begun.append(name)

    try:
        client = await open_session(relay, patience, begin)
    except RelayTrouble as trouble:
        report(Step(trouble.deferred.step, trouble.deferred.why, trouble.deferred.code))
        return False
    begin("ready")
    try:
        async with asyncio.timeout(patience.step):
            await client.rset()
            await client.quit()
    except aiosmtplib.SMTPResponseException as error:
        report(Step("ready", f"{relay.host} port {relay.port}: it answered {error.code}", error.code))
        return False
    except (aiosmtplib.SMTPException, OSError) as error:
        report(Step("ready", f"{relay.host} port {relay.port}: {error or type(error).__name__}"))
        return False
    finally:
        client.close()
    report(Step("ready"))
    return True
