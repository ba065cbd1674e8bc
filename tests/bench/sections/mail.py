"""The section on mails beside bare loops, and on one of 25 MB."""

from collections.abc import Callable, Sequence

from tests.bench.figures import Spread, as_good_as, spread
from tests.bench.mail.load import CONNECTIONS
from tests.bench.mail.sample import SIZE
from tests.bench.parts.mail import MAILS, WARM_UP, WAYS, MailFigures, Run
from tests.bench.picture import picture
from tests.bench.section import Section, Verdict, drawn, table

_PICTURE = "mail.svg"
_ASKED = 0.3
_MOST_MEMORY = 300_000_000
_MICRO = 1e6


def section(figures: MailFigures) -> Section:
    """What the report says of it."""
    return Section(
        "Mails beside bare loops",
        [drawn("How good it is, as a part of the bare loop", _PICTURE), "", *_how(figures), "", *_rows(figures)],
        [*(_verdict(figures, way) for way in WAYS), *(_memory(figures, way) for way in WAYS)],
        {_PICTURE: _picture(figures)},
    )


def _rate(run: Run) -> float:
    return run.rate


def _economy(run: Run) -> float:
    return 1 / run.processor


def _verdict(figures: MailFigures, way: str) -> Verdict:
    found = as_good_as(figures.bare[way], figures.ours[way], _rate)
    asked = f"Mails of {SIZE // 1000} kB by {way.upper()}: rate at least {_ASKED} of a bare loop's"
    return Verdict(asked, f"{found.show(2)} in {len(figures.bare[way])} rounds", found.middle >= _ASKED)


def _memory(figures: MailFigures, way: str) -> Verdict:
    found = figures.large[way]
    asked = f"A mail of 25 MB by {way.upper()} keeps memory under {_MOST_MEMORY // 1_000_000} MB"
    return Verdict(asked, f"{found / 1e6:.0f} MB, all processes", found < _MOST_MEMORY)


def _how(figures: MailFigures) -> Sequence[str]:
    return [
        f"{MAILS} mails of {SIZE // 1000} kB, text and HTML, no two alike, after {WARM_UP} to warm up, until each is a "
        "row. The bare loop receives a mail (aiosmtpd's LMTP, or imaplib), parses it with the same parser, and commits "
        "one row to SQLite with the same durability; by IMAP it marks it as seen. Relevo keeps the mail raw, reads "
        "it in a process of its own, and accepts a ticket with all its rows; hand-off is paused, and nothing is "
        f"acknowledged. By LMTP {CONNECTIONS} connections deliver, each the next mail once the last is answered; by "
        f"IMAP a Dovecot has them all. Rounds: {len(figures.bare['lmtp'])}, the order turning with each. The "
        "processor is that of all the receiver's processes.",
    ]


def _rows(figures: MailFigures) -> Sequence[str]:
    rows, ratios = [], []
    for way in WAYS:
        bare, ours = figures.bare[way], figures.ours[way]
        rows.append((f"{way.upper()}, mails a second", *_both(bare, ours, _rate)))
        rows.append((f"{way.upper()}, us of processor a mail", *_both(bare, ours, lambda run: run.processor * _MICRO)))
        ratios.append((way.upper(), as_good_as(bare, ours, _rate).show(2), as_good_as(bare, ours, _economy).show(2)))
    return [
        table(("as good as the bare loop", "mails a second", "mails for a second of processor"), ratios),
        "",
        table(("in figures of this machine", "bare loop", "Relevo"), rows),
    ]


def _both(bare: Sequence[Run], ours: Sequence[Run], figure: Callable[[Run], float]) -> tuple[str, str]:
    return spread(bare, figure).show(0), spread(ours, figure).show(0)


def _picture(figures: MailFigures) -> str:
    ratios: list[tuple[str, list[tuple[str, Spread]]]] = [
        (heading, [(way.upper(), as_good_as(figures.bare[way], figures.ours[way], figure)) for way in WAYS])
        for heading, figure in (
            ("Mails a second, bare loop = 1", _rate),
            ("Mails for a second of processor, bare loop = 1", _economy),
        )
    ]
    return picture("Mails beside bare loops", ratios)
