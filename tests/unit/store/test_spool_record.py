"""What the spool writes of a request is what it reads."""

from dataclasses import replace

import orjson
import pytest

from gateway.core.ticket import Allowance, Attachment, Intake, Priority, Requester
from gateway.store.spool.record import Unreadable, decode, encode
from tests.support.kept_calls import held_ticket
from tests.support.store_work import new_ticket

PICTURE = Attachment("fotó\n.png", "image/png", 3, "a" * 64)


def _with_a_picture(intake: Intake) -> Intake:
    return replace(intake, message=replace(intake.message, body="Línea 1\nLínea 2", attachments=(PICTURE,)))


def _answered_by_mail(intake: Intake) -> Intake:
    assert intake.ticket is not None
    acknowledge = (Allowance("sender", 3, 60.0), Allowance("any", 12, 60.0))
    return replace(intake, ticket=replace(intake.ticket, answer_by="mail"), acknowledge=acknowledge)


@pytest.mark.parametrize(
    "intake",
    [
        new_ticket(),
        new_ticket(key="k", priority=Priority.URGENT),
        new_ticket(requester=Requester()),
        _with_a_picture(new_ticket(key="k")),
        _answered_by_mail(new_ticket()),
        held_ticket(),
    ],
)
def test_there_and_back(intake: Intake) -> None:
    content = encode(intake)
    assert b"\n" not in content
    assert decode(content) == intake


@pytest.mark.parametrize(
    "content",
    [None, b"", b"{}", b"[]", b"null", b'{"message": {}, "ticket": {}, "dedupe": null}', encode(new_ticket())[:-2]],
)
def test_what_is_none_is_said_to_be_none(content: bytes | None) -> None:
    with pytest.raises(Unreadable):
        decode(content)


def test_what_an_earlier_version_wrote_is_read() -> None:
    intake = new_ticket()
    plain = orjson.loads(encode(intake))
    del plain["acknowledge"], plain["held_until"], plain["ticket"]["answer_by"]
    assert decode(orjson.dumps(plain)) == intake


def test_a_field_of_a_later_version_is_not_passed_over() -> None:
    plain = orjson.loads(encode(new_ticket()))
    plain["ticket"]["urgent_since"] = 1.0
    with pytest.raises(Unreadable, match="urgent_since"):
        decode(orjson.dumps(plain))
