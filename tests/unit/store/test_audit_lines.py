"""Whatever a person does in quarantine leaves a line in the audit, without personal data."""

import orjson
from sqlalchemy import select

from gateway.store import SqlStore
from gateway.store.schema import audit
from tests.support.clock import SetClock
from tests.support.kept_mails import Reading, new_mail
from tests.support.store import InlineRunner


async def test_who_did_what_about_mails_is_written_down() -> None:
    runner = InlineRunner()
    store = SqlStore(runner, SetClock(1_000.0))
    await store.start()
    reading = Reading(store)
    mails = [await reading.withheld(new_mail(sender="ana@example.org"), reason="too deep") for _ in range(4)]
    await store.quarantined_mail(mails[0].id, "eva")
    await store.release(mails[0].id, 1_010.0, "eva")
    await store.discard(mails[1].id, 1_011.0, "luis")
    await store.replay_mails(1_012.0, 10, "eva", reason="deep")
    await store.replay_mails(1_013.0, 10, "eva")
    lines = await runner.read(lambda connection: connection.execute(select(audit).order_by(audit.c.id)).all())
    await store.close()
    assert [(line.actor, line.action, orjson.loads(line.detail)) for line in lines] == [
        ("eva", "quarantine.mail", {"mail": mails[0].id}),
        ("eva", "quarantine.release", {"kind": "mail", "reference": None}),
        ("luis", "quarantine.discard", {"kind": "mail", "reference": None}),
        ("eva", "quarantine.replay", {"mails": 2, "channel": None, "reason": "deep"}),
    ]
