"""Links to attachments, for one provider's copy and a limited time."""

from dataclasses import replace

import pytest

from gateway.core.handoff import Handoff, HandoffState
from gateway.core.ids import new_id
from gateway.core.links import LASTS, AttachmentLinks, Link
from gateway.core.ticket import Attachment
from tests.support.clock import SetClock
from tests.support.tickets import make_message

KEY = b"a key of thirty-two bytes or more"
PICTURE = Attachment("a.png", "image/png", 10, "a" * 64)


@pytest.fixture
def clock() -> SetClock:
    return SetClock(1_800_000_000.0)


@pytest.fixture
def links(clock: SetClock) -> AttachmentLinks:
    return AttachmentLinks(KEY, "https://help.example.org/relevo", clock)


HANDOFF = Handoff(new_id(), new_id(), "acme", HandoffState.STARTED, 1.0)
MESSAGE = replace(make_message(HANDOFF.ticket_id, 7), attachments=(PICTURE, PICTURE))


def token_of(url: str) -> str:
    return url.rpartition("/")[2]


def test_a_link_leads_where_it_says(links: AttachmentLinks, clock: SetClock) -> None:
    url = links.url(HANDOFF, MESSAGE, 2)
    assert url.startswith("https://help.example.org/relevo/providers/acme/attachments/")
    assert links.verify("acme", token_of(url)) == Link(HANDOFF.ticket_id, HANDOFF.id, 7, 2, clock.at + LASTS)


def test_every_attachment_has_its_own(links: AttachmentLinks) -> None:
    found = [links.verify("acme", token_of(url)) for _, url in links.listed(HANDOFF, MESSAGE)]
    assert [link.number for link in found if link] == [1, 2]


def test_it_expires(links: AttachmentLinks, clock: SetClock) -> None:
    link = links.verify("acme", token_of(links.url(HANDOFF, MESSAGE, 1)))
    assert link is not None
    clock.at += LASTS - 1
    assert not links.expired(link)
    clock.at += 1
    assert links.expired(link)


def test_t33_another_provider_cannot_use_it(links: AttachmentLinks) -> None:
    token = token_of(links.url(HANDOFF, MESSAGE, 1))
    assert links.verify("norte", token) is None


def test_t33_a_letter_changed_makes_it_void(links: AttachmentLinks) -> None:
    token = token_of(links.url(HANDOFF, MESSAGE, 1))
    for at in range(len(token) - 1):
        forged = token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :]
        assert links.verify("acme", forged) is None


@pytest.mark.parametrize("token", ["", "A", "AAAA", "!" * 78, "ñ", "A" * 78, "A" * 5000])
def test_what_we_did_not_make_is_void(links: AttachmentLinks, token: str) -> None:
    assert links.verify("acme", token) is None


def test_another_key_makes_other_links(links: AttachmentLinks, clock: SetClock) -> None:
    other = AttachmentLinks(KEY[::-1], "https://help.example.org", clock)
    assert links.verify("acme", token_of(other.url(HANDOFF, MESSAGE, 1))) is None
