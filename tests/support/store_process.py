"""A process with a store, for tests that harm it: `python -m tests.support.store_process FILE [MODE [BATCH]]`.

It accepts one request per line of its standard input and answers `kept REFERENCE`, `refused ...` or `failed ...`. With
the mode `work` it accepts tickets, so many at once, and hands them over, without pause, until it is killed; with
`mails` it keeps mails, and reads them; with `calls` it keeps phone calls, from their tickets to their ends.
"""

import asyncio
import sys

import structlog

from gateway.core.clock import SystemClock
from gateway.core.delivery import Begin, ClaimRequest, HandoffFact, Kind
from gateway.core.errors import StartError, StoreFailed, StoreUnavailable
from gateway.core.handoff import Handoff, HandoffState
from gateway.core.ids import new_id
from gateway.core.raw_mail import MailRead
from gateway.store import SqlStore, open_store
from tests.support.kept_calls import Calling
from tests.support.kept_mails import new_mail
from tests.support.store_work import lease_of, new_ticket


async def main(file: str, mode: str = "", batch: str = "1") -> None:
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    clock = SystemClock()
    store = open_store(
        f"sqlite:{file}", clock, on_failed=lambda error: say(f"stop {error}"), measured=lambda seconds: None
    )
    try:
        await store.start()
    except StartError as error:
        say(f"not started: {error}")
        raise SystemExit(1) from error
    say("ready")
    if mode == "work":
        await asyncio.gather(*(accept_and_hand_over(store, clock, int(batch)) for _ in range(4)))
    elif mode == "mails":
        await asyncio.gather(*(keep_and_read(store, clock) for _ in range(4)))
    elif mode == "calls":
        await asyncio.gather(*(keep_calls(store, clock) for _ in range(4)))
    else:
        await accept_on_demand(store, clock)
    await store.close()


async def accept_on_demand(store: SqlStore, clock: SystemClock) -> None:
    while await asyncio.to_thread(sys.stdin.readline):
        try:
            (receipt,) = await store.accept([new_ticket(at=clock.now())])
        except StoreUnavailable as error:
            say(f"refused {error}")
        except StoreFailed as error:
            say(f"failed {error}")
        else:
            say(f"kept {receipt.reference}")


async def accept_and_hand_over(store: SqlStore, clock: SystemClock, batch: int) -> None:
    while True:
        for receipt in await store.accept([new_ticket(at=clock.now()) for _ in range(batch)]):
            say(f"kept {receipt.reference}")
        now = clock.now()
        (cases,) = await store.claim([ClaimRequest(frozenset({Kind.TICKET}), 2 * batch, now, now + 3)])
        begun = [(case, case.ticket) for case in cases if case.ticket is not None]
        copies = [
            Handoff(new_id(), ticket.id, "acme", HandoffState.STARTED, now, messages_sent=1) for _, ticket in begun
        ]
        pairs = list(zip(begun, copies, strict=True))
        await store.begin([Begin(lease_of(case), copy, now + 3, "the primary") for (case, _), copy in pairs])
        for _, ticket in begun:
            say(f"begun {ticket.reference}")
        await store.record([HandoffFact(copy.id, HandoffState.ACCEPTED, clock.now(), "A-1") for copy in copies])
        for _, ticket in begun:
            say(f"handed {ticket.reference}")


async def keep_and_read(store: SqlStore, clock: SystemClock) -> None:
    while True:
        mail = new_mail()
        await store.keep_mail(mail)
        say(f"kept {mail.id}")
        for mail_id in await read_mails(store, clock):
            say(f"read {mail_id}")


async def read_mails(store: SqlStore, clock: SystemClock) -> list[str]:
    """Those that were to be read: each is one ticket, however often it is read."""
    now = clock.now()
    (cases,) = await store.claim([ClaimRequest(frozenset({Kind.MAIL}), 10, now, now + 30)])
    for case in cases:
        (receipt,) = await store.accept([new_ticket(at=now, key=case.delivery.id)])
        assert await store.mail_read(MailRead(lease_of(case), case.delivery.id, now, receipt.message_id))
    return [case.delivery.id for case in cases]


async def keep_calls(store: SqlStore, clock: SystemClock) -> None:
    while True:
        call = Calling(store)
        await call.opened(at=clock.now())
        say(f"opened {call.sid}")
        await call.taken("acme", at=clock.now())
        say(f"taken {call.sid}")
        await call.ended(at=clock.now())
        say(f"ended {call.sid}")


def say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
