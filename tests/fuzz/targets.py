"""What is fuzzed, and what holds for any bytes. A target raises where it doesn't."""

import dataclasses
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from channels.email.authentication import Authenticated, NotAuthenticated, Why, authenticate
from channels.email.authentication_results import parse_results
from channels.email.automatic import Circumstances, weigh
from channels.email.budget import normal_address, normal_subject
from channels.email.mail import Mail
from channels.email.mailable import mailable
from channels.email.parsing import Limits, Unparsable, parse
from channels.email.parsing.addresses import parse_addresses
from channels.email.parsing.cleaning import clean_line
from channels.email.parsing.dates import parse_date
from channels.email.parsing.encoded_words import decode_words
from channels.email.parsing.identifiers import parse_identifier, parse_identifiers
from channels.email.parsing.parameters import parse_parameters
from channels.email.reading.answers import judge
from channels.email.reading.orders import Order, Rules
from channels.email.reading.reading import Question, Reading
from channels.email.reading.work import answer
from channels.email.threading.addresses import ReplyAddresses
from channels.email.threading.claims import Claims, Strategy
from channels.email.threading.decision import Decision, Known, decide, sole_sender
from channels.email.threading.message_ids import OwnMessageIds
from channels.email.threading.tokens import REQUESTER, Party, Purpose, ThreadTokens
from channels.references import references_in
from gateway.core.reference import check_digit, parse_reference

_LIMITS = Limits(size=1_000_000, header_size=100_000, parts=100, depth=20, html_size=100_000, html_tags=1_000)
_CONTROL = frozenset(map(chr, range(32)))
_OWN = frozenset({"help@example.org"})


def reading(data: bytes) -> None:
    """Any bytes are a mail, or refused; what a reader tells of it arrives, and can be stored as text."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "files"
        order = Order(Question("", _OWN, "mx.example.org"), None, str(folder))
        told = judge(answer(order, data, Rules(0, 1.0, _LIMITS)), folder)
        if not isinstance(told, Reading):
            assert told.code != "crashed", told.why
            return
        mail = parse(data, _LIMITS)
        assert dataclasses.replace(mail, root=told.mail.root, files=told.mail.files) == told.mail
        assert [file.content for file in mail.files] == [file.path.read_bytes() for file in told.files]
    assert bool(mail.reply.strip()) == bool(mail.text.strip())
    _is_storable(mail)


def _is_storable(mail: Mail) -> None:
    for text in (mail.text, mail.html, mail.reply, mail.quoted, mail.signature):
        assert "\x00" not in text
        text.encode()
    for line in (
        mail.subject,
        mail.message_id,
        *(text for file in mail.files for text in (file.name, file.content_id)),
    ):
        assert not _CONTROL & set(line)
        line.encode()
    assert "<script" not in mail.html.lower()


_DESK = Party("acme")
_TOKENS = ThreadTokens(b"k" * 32, ["acme"])
_MESSAGE_IDS = OwnMessageIds(_TOKENS, "example.org")
_ADDRESSES = ReplyAddresses("help+{token}@example.org")
_CLAIMS = Claims(_TOKENS, _ADDRESSES, _MESSAGE_IDS)
REFERENCE = "482915736" + check_digit("482915736")
GIVEN_OUT = (
    _ADDRESSES.address(_TOKENS.make(Purpose.ADDRESS, REFERENCE)),
    _ADDRESSES.address(_TOKENS.make(Purpose.ADDRESS, REFERENCE, _DESK)),
    _MESSAGE_IDS.make(REFERENCE, "1"),
    _MESSAGE_IDS.make(REFERENCE, "1", _DESK),
)
"""What a bearer of tokens knows; the fuzzer learns these as words."""
_PARTICIPANTS: Mapping[Party, set[str]] = {REQUESTER: {"ana@example.org"}, _DESK: {"@acme.example"}}
_AUTHENTICATIONS = (
    Authenticated("example.org", "dmarc"),
    NotAuthenticated(Why.NO_RESULTS),
    NotAuthenticated(Why.FAILED),
)


def threading(data: bytes) -> None:
    """Nobody forges a token, and a mail continues a ticket only from a participant whose domain doesn't disown it."""
    try:
        mail = parse(data, _LIMITS)
    except Unparsable:
        return
    claims = _CLAIMS.of(mail, [address.address for address in mail.reply_to])
    for claim in claims:
        assert parse_reference(claim.key) == claim.key
        assert claim.key == REFERENCE or claim.strategy is Strategy.SUBJECT
    known = {claim: Known("t", _PARTICIPANTS) for claim in claims}
    for authentication in _AUTHENTICATIONS:
        thread = decide(mail, claims, known, authentication)
        if thread.decision is Decision.CONTINUES:
            sender = sole_sender(mail)
            assert sender == "ana@example.org" or sender.endswith("@acme.example")
            assert authentication != _AUTHENTICATIONS[2]
            assert thread.claim
            assert thread.claim.strategy is not Strategy.SUBJECT or thread.authenticated
    own = any(_MESSAGE_IDS.read(mail.message_id) for _ in mail.message_id[:1])
    assert weigh(mail, Circumstances(own=own)).may_open or own or not weigh(mail).may_open
    authenticate(mail, "mx.example.org")


def headers(data: bytes) -> None:
    """Any text is read as whatever header it stands in, and what comes of it has the form that it should."""
    text = clean_line(data.decode("utf-8", "replace"))
    for address in parse_addresses(text):
        assert not _CONTROL & set(address.address + address.name + address.group)
        _may_be_mailed(address.address)
    for identifier in (*parse_identifiers(text), *filter(None, [parse_identifier(text)])):
        assert identifier.startswith("<")
        assert identifier.endswith(">")
        assert not set(" \r\n\t") & set(identifier)
    assert not _CONTROL & set(decode_words(text))
    parse_date(text)
    parse_parameters(text)
    parse_results(text)
    normal_address(text)
    normal_subject(text)
    for reference in references_in(text):
        assert parse_reference(reference) == reference


def _may_be_mailed(address: str) -> None:
    try:
        written = mailable(address)
    except ValueError:
        return
    assert not set("\r\n\x00 <>") & set(written)


TARGETS: Mapping[str, Callable[[bytes], None]] = {"reading": reading, "threading": threading, "headers": headers}
