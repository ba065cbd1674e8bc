"""The tnef set: each winmail.dat, sent as the one part of a mail, gives the files of the list beside it.

As MimeKit's own test reads its lists: every name on one must be found, and more may be (the lists of `long-filename`
and `missing-filenames` have only a body). `body.html` and `body.rtf` are the mail's bodies within."""

from base64 import encodebytes
from pathlib import Path

from tests.support.mail_corpus.corpus import FOLDER, Score, Verdict, read

WANTED = 1.0

_HEADER = (
    b"Subject: winmail.dat\nContent-Type: application/ms-tnef; name=winmail.dat\nContent-Transfer-Encoding: base64\n\n"
)


def score() -> Score:
    return Score("tnef", WANTED, tuple(_verdict(path) for path in sorted((FOLDER / "tnef").glob("*.tnef"))))


def _verdict(path: Path) -> Verdict:
    wanted = [name for name in path.with_suffix(".list").read_text().splitlines() if name]
    mail, reasons = read(_HEADER + encodebytes(path.read_bytes()))
    if mail is not None:
        found = [file.name for file in mail.files]
        reasons = tuple(f"{name!r} isn't among {found}" for name in wanted if name not in found)
    return Verdict(path.stem, reasons)
