"""What a reader says is what the gateway gets, and nothing else than an answer is taken for one."""

import dataclasses
import os
import tempfile
from pathlib import Path

import orjson
import pytest
from hypothesis import given

from channels.email.parsing import Limits
from channels.email.reading.answers import Declined, judge
from channels.email.reading.orders import Order, Rules
from channels.email.reading.reading import Question, Reading
from channels.email.reading.work import LONGEST_TEXT, WHOLE_TEXT, answer
from tests.support.examples import examples
from tests.support.mail_bytes import GARBLED
from tests.support.raw_mail import encoded, multipart, parsed_raw, raw_mail
from tests.support.winmail import RENDERING, TITLE, attribute, mail_with

RULES = Rules(2**40, 1.0, Limits())
NOWHERE = Path("/dev/null/nowhere")
WITH_FILES = multipart(
    "mixed",
    raw_mail("Content-Type: text/plain", body="Buenos días, no puedo entrar en mi cuenta desde ayer"),
    encoded("application/pdf", b"%PDF-" + bytes(range(256)), 'Content-Disposition: attachment; filename="../../evil"'),
    encoded("image/png", b"", "Content-Disposition: inline", "Content-ID: <one>"),
    fields=("From: Ana <ana@uni.example>", "Subject: =?utf-8?Q?ma=C3=B1ana?=", "Return-Path: <>"),
)


def order(folder: Path = NOWHERE, question: Question | None = None, mail: Path | None = None) -> Order:
    return Order(question or Question(), str(mail) if mail else None, str(folder))


def reading_of(raw: bytes, folder: Path = NOWHERE, question: Question | None = None) -> Reading:
    found = judge(answer(order(folder, question), raw, RULES), folder)
    assert isinstance(found, Reading), found
    return found


def declined(raw: bytes, rules: Rules = RULES, folder: Path = NOWHERE) -> Declined:
    found = judge(answer(order(folder), raw, rules), folder)
    assert isinstance(found, Declined)
    return found


def test_a_mail_comes_as_it_was_parsed_but_for_its_contents(tmp_path: Path) -> None:
    mail = parsed_raw(WITH_FILES)
    reading = reading_of(WITH_FILES, tmp_path / "files")
    files = tuple(dataclasses.replace(file, content=b"") for file in mail.files)
    assert reading.mail == dataclasses.replace(mail, root=reading.mail.root, files=files)
    assert (reading.mail.root.media_type, reading.mail.root.headers) == ("multipart/mixed", ())
    assert reading.language == "es"


def test_its_files_are_in_the_folder_by_number_whatever_they_are_called(tmp_path: Path) -> None:
    pdf, image = reading_of(WITH_FILES, tmp_path / "files").files
    assert (pdf.name, pdf.media_type, pdf.inline, pdf.size) == ("../../evil", "application/pdf", False, 261)
    assert (image.inline, image.content_id, image.size) == (True, "one", 0)
    assert pdf.path.read_bytes() == b"%PDF-" + bytes(range(256))
    assert sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")) == [
        "files",
        "files/0",
        "files/1",
    ]


def test_what_is_known_besides_the_mail_is_weighed_too() -> None:
    raw = raw_mail("From: ana@uni.example", "X-Loop: help@example.org", body="x")
    plain = reading_of(raw)
    looping = reading_of(raw, question=Question(envelope_sender="", own_addresses=frozenset({"help@example.org"})))
    assert plain.outcome.may_answer
    assert not looping.outcome.may_answer
    assert len(looping.outcome.signs) == 2


def test_a_notification_is_recognised(tmp_path: Path) -> None:
    status = (
        b"Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx\n\nFinal-Recipient: rfc822; a@b.example\n"
    )
    raw = multipart("report", raw_mail(body="undelivered"), status + b"Action: failed\nStatus: 5.1.1\n")
    notification = reading_of(raw, tmp_path / "files").notification
    assert notification is not None
    assert notification.hard


def test_our_own_server_is_believed() -> None:
    raw = raw_mail("Authentication-Results: mx.example.org; dmarc=pass header.from=b.example", "From: a@b.example")
    assert (
        reading_of(raw).authentication
        != reading_of(raw, question=Question(authserv_id="mx.example.org")).authentication
    )


def test_a_large_mail_is_read_from_its_file(tmp_path: Path) -> None:
    path = tmp_path / "mail"
    path.write_bytes(WITH_FILES)
    found = judge(answer(order(tmp_path / "files", mail=path), b"", RULES), tmp_path / "files")
    assert isinstance(found, Reading)
    assert found.mail.subject == "mañana"


def test_a_text_that_nobody_reads_to_its_end_is_a_file_as_a_whole(tmp_path: Path) -> None:
    text = "á" * LONGEST_TEXT + "the end"
    reading = reading_of(raw_mail("Content-Type: text/plain; charset=utf-8", body=text), tmp_path / "files")
    assert (len(reading.mail.text), len(reading.mail.reply)) == (LONGEST_TEXT, LONGEST_TEXT)
    (file,) = reading.files
    assert (file.name, file.media_type) == (WHOLE_TEXT, "text/plain")
    assert file.path.read_text(encoding="utf-8") == text


def test_html_without_an_end_is_only_text(tmp_path: Path) -> None:
    html = "<p>" + "x" * LONGEST_TEXT + "</p>"
    reading = reading_of(raw_mail("Content-Type: text/html", body=html), tmp_path / "files")
    assert reading.mail.html == ""
    assert reading.mail.flaws == ("html_not_read",)
    assert reading.mail.text == "x" * LONGEST_TEXT


@given(GARBLED)
@examples(20)
def test_whatever_was_parsed_can_be_told(raw: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        told = reading_of(raw, Path(folder) / "files").mail
    mail = parsed_raw(raw)
    assert told == dataclasses.replace(mail, root=told.root, files=told.files)
    assert len(told.files) == len(mail.files)


def test_beyond_a_cap_the_code_and_the_cap_are_told() -> None:
    refusal = declined(b"Content-Type: message/rfc822\n\n" * 100)
    assert (refusal.code, refusal.why) == ("too_deep", "the mail has parts more than 50 deep in each other")


@pytest.mark.costly
def test_more_names_than_anybody_reads_are_refused(tmp_path: Path) -> None:
    attached = attribute(RENDERING, b"") + attribute(TITLE, b"x" * 3_000_000)
    assert declined(mail_with(*[attached] * 6), folder=tmp_path / "files").code == "mail_too_big"


def test_without_room_for_its_files_the_mail_is_not_to_blame(tmp_path: Path) -> None:
    (tmp_path / "files").write_bytes(b"in the way")
    assert declined(WITH_FILES, folder=tmp_path / "files").code == "no_room"


def test_an_error_of_ours_tells_its_place_and_none_of_the_mail() -> None:
    broken = Question(own_addresses=None)  # type: ignore[arg-type]
    refusal = judge(answer(order(question=broken), raw_mail("X-Loop: secret words", body="x"), RULES), NOWHERE)
    assert isinstance(refusal, Declined)
    assert (refusal.code, refusal.why[: refusal.why.index(",")]) == ("crashed", "TypeError in automatic.py")
    assert "secret" not in refusal.why


GOOD = orjson.loads(answer(order(), raw_mail("Subject: s"), RULES))


def changed(*path: str, to: object) -> bytes:
    answered = orjson.loads(orjson.dumps(GOOD))
    within = answered
    for step in path[:-1]:
        within = within[step]
    within[path[-1]] = to
    return orjson.dumps(answered)


FILE = {"name": "a", "media_type": "b/c", "content": "", "inline": False, "content_id": ""}


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"{}", id="neither"),
        pytest.param(b"[]", id="a-list"),
        pytest.param(b"\x80\x04\x95", id="a-pickle"),
        pytest.param(b'{"found": ' * 100_000, id="deep"),
        pytest.param(b'{"refused": {"code": "root_shell", "why": ""}}', id="unknown-code"),
        pytest.param(b'{"refused": {"code": "crashed", "why": "' + b"x" * 201 + b'"}}', id="long-reason"),
        pytest.param(b'{"refused": {"code": "crashed", "why": "\xff"}}', id="no-utf-8"),
        pytest.param(changed("found", "mail", "subject", to=1), id="number-for-text"),
        pytest.param(changed("found", "mail", "date", to="1"), id="text-for-number"),
        pytest.param(changed("found", "mail", "sender", to=[{"name": "a"}]), id="half-an-address"),
        pytest.param(changed("found", "outcome", "kind", to="owner"), id="unknown-kind"),
        pytest.param(changed("found", "outcome", to=None), id="no-outcome"),
        pytest.param(changed("found", "language", to="de"), id="unknown-language"),
        pytest.param(changed("found", "mail", "files", to=[FILE]), id="file-that-is-not-there"),
        pytest.param(changed("found", "mail", "files", to=[FILE | {"content": "x"}]), id="content"),
        pytest.param(changed("found", "mail", "root", "content", to="x"), id="content-of-a-part"),
        pytest.param(
            changed("found", "mail", "root", "parts", to=[GOOD["found"]["mail"]["root"]]), id="parts-of-the-root"
        ),
    ],
)
def test_what_is_no_answer_is_taken_for_none(content: bytes) -> None:
    assert isinstance(judge(orjson.dumps(GOOD), NOWHERE), Reading)
    with pytest.raises(ValueError):  # noqa: PT011
        judge(content, NOWHERE)


@pytest.mark.parametrize("kind", ["symbolic", "hard", "folder", "pipe"])
def test_only_a_file_of_its_own_is_one(tmp_path: Path, kind: str) -> None:
    (tmp_path / "other").write_bytes(b"secret")
    path = tmp_path / "0"
    match kind:
        case "symbolic":
            path.symlink_to(tmp_path / "other")
        case "hard":
            path.hardlink_to(tmp_path / "other")
        case "folder":
            path.mkdir()
        case "pipe":
            os.mkfifo(path)
    with pytest.raises(ValueError, match="a file that is none"):
        judge(changed("found", "mail", "files", to=[FILE]), tmp_path)


def test_what_is_said_to_a_reader_arrives() -> None:
    question = Question("a@b.example", frozenset({"help@example.org"}), "mx.example.org", check_dkim=True)
    for said in (order(question=question, mail=Path("/x/mail")), order()):
        assert Order.load(said.dump()) == said
    rules = Rules(2**30, 2.5, Limits(size=7))
    assert Rules.load(rules.dump()) == rules
