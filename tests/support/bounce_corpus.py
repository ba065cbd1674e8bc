"""Measures what recognises notifications on a corpus of them."""

import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from pathlib import Path

from channels.email.mail import Mail
from channels.email.notifications.notification import Notification
from channels.email.notifications.recognise import recognise

CORPUS = Path(os.environ.get("RELEVO_MAIL_CORPUS", "../shared/mail-corpus"))
_NEXT_MAIL = re.compile(rb"\n\n(?=From [^\n]*\d{4}\n[A-Za-z-]+:)")
_HAS_STATUS = re.compile(rb"^content-type:\s*message/(?:global-)?delivery-status", re.IGNORECASE | re.MULTILINE)
_NO_BOUNCES = {"feedback", "vacation"}
"""What the corpus expects of complaints and automatic replies."""

Bounce = dict[str, object]
"""One recipient as the corpus expects it: dsn, reply, reason, hard."""


@dataclass
class Score:
    """How the notifications of one kind were understood."""

    mails: int = 0
    recognised: int = 0
    original: int = 0
    """Mails whose original's headers were found."""
    expected: int = 0
    """Recipients of whom the corpus expects something."""
    right: int = 0
    """Those whose hard or soft is as expected."""
    reply_right: int = 0
    status_right: int = 0
    missed: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def recognition(self) -> float:
        return self.recognised / self.mails

    @property
    def hardness(self) -> float:
        return self.right / self.expected

    def __str__(self) -> str:
        return (
            f"{self.recognised} of {self.mails} recognised ({self.recognition:.1%}), hard or soft right in"
            f" {self.right} of {self.expected} ({self.hardness:.1%}), SMTP reply in {self.reply_right}, status in"
            f" {self.status_right}, the original's headers found in {self.original}"
        )

    def count(self, name: str, notification: Notification | None, bounces: list[Bounce]) -> None:
        """One mail; where the corpus expects nothing of it, only whether it was recognised."""
        self.mails += 1
        if notification is None:
            self.missed.append(name)
        else:
            self.recognised += 1
            self.original += notification.original is not None
        if not bounces:
            return
        for recipient, bounce in zip_longest(notification.recipients if notification else (), bounces):
            self.expected += 1
            both = recipient is not None and bounce is not None
            self.reply_right += both and recipient.reply == bounce["reply"]
            self.status_right += both and recipient.status == bounce["dsn"]
            if both and recipient.hard == bounce["hard"]:
                self.right += 1
            else:
                self.wrong.append(f"{name}: {recipient and (recipient.reason.value, recipient.hard)} for {bounce}")


@dataclass
class Measured:
    """The whole corpus: notifications with a status part, those without, and what is no notification."""

    with_status: Score = field(default_factory=Score)
    without_status: Score = field(default_factory=Score)
    no_bounces: Score = field(default_factory=Score)
    """Automatic replies, complaints, and mails that look like a bounce."""
    other_mails: Score = field(default_factory=Score)
    """The other folders of the corpus, mails of every kind."""


class BounceCorpus:
    """The corpus in `folder`, read by `parse`."""

    def __init__(self, folder: Path, parse: Callable[[bytes], Mail]) -> None:
        self._folder = folder
        self._parse = parse
        lines = (folder / "sisimai" / "expected.jsonl").read_text().splitlines()
        entries = [json.loads(line) for line in lines]
        self._expected: dict[str, list[Bounce]] = {Path(entry["file"]).name: entry["bounces"] for entry in entries}

    def measure(self) -> Measured:
        measured = Measured()
        for path in sorted(self._folder.rglob("*.eml")) + sorted(self._folder.rglob("*.msg")):
            raw = path.read_bytes()
            bounces = self._expected.get(path.name, [])
            self._score(measured, path, raw, bounces).count(path.name, self._recognise(raw), bounces)
        return measured

    def _score(self, measured: Measured, path: Path, raw: bytes, bounces: list[Bounce]) -> Score:
        if path.parent.parent.name != "sisimai":
            return measured.other_mails
        none_expected = bool(bounces) and all(bounce["reason"] in _NO_BOUNCES for bounce in bounces)
        if path.parent.name != "bsd" or path.name.startswith("arf") or none_expected:
            return measured.no_bounces
        return measured.with_status if _HAS_STATUS.search(raw) else measured.without_status

    def _recognise(self, raw: bytes) -> Notification | None:
        """Of a file that holds several mails, what all of them say."""
        found = [recognise(self._parse(mail)) for mail in _NEXT_MAIL.split(raw)]
        if not found[0]:
            return None
        return replace(found[0], recipients=tuple(one for each in found if each for one in each.recipients))
