"""The parts of the report, in its order."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic

from tests.bench.parts.backlog import BacklogFigures
from tests.bench.parts.corpus import CorpusFigures
from tests.bench.parts.intake import IntakeFigures
from tests.bench.parts.mail import MailFigures
from tests.bench.parts.million import MillionFigures
from tests.bench.parts.rt import RtFigures
from tests.bench.parts.takeover import TakeoverFigures
from tests.bench.parts.webhooks import WebhookFigures
from tests.bench.report import report, write
from tests.bench.results import Circumstances, Figures, load
from tests.bench.rt.server import rt_version
from tests.bench.section import Section
from tests.bench.sections import backlog, corpus, intake, mail, million, rt, takeover, webhooks
from tests.bench.takeover.haproxy import haproxy_version


def _nothing_else() -> dict[str, str]:
    return {}


@dataclass(frozen=True, slots=True)
class Part(Generic[Figures]):
    """One part: its name, what it finds, what the report says of that."""

    name: str
    figures: type[Figures]
    section: Callable[[Figures], Section]
    others: Callable[[], Mapping[str, str]] = _nothing_else
    """The versions of what is measured beside us. Raises StartError where it isn't installed."""

    def kept(self, folder: Path) -> tuple[Section, Circumstances] | None:
        """The section on its last result in that folder, if there is one."""
        last = load(self.file(folder), self.figures)
        return (self.section(last.figures), last.circumstances) if last else None

    def file(self, folder: Path) -> Path:
        return folder / "bench" / f"{self.name}.json"


INTAKE = Part("intake", IntakeFigures, intake.section)
BACKLOG = Part("backlog", BacklogFigures, backlog.section)
MAIL = Part("mail", MailFigures, mail.section)
WEBHOOKS = Part("webhooks", WebhookFigures, webhooks.section)
CORPUS = Part("corpus", CorpusFigures, corpus.section)
MILLION = Part("million", MillionFigures, million.section)
TAKEOVER = Part("takeover", TakeoverFigures, takeover.section, lambda: {"HAProxy": haproxy_version()})
RT = Part("rt", RtFigures, rt.section, lambda: {"RT": rt_version()})
PARTS: tuple[Part[Any], ...] = (INTAKE, BACKLOG, MAIL, WEBHOOKS, CORPUS, MILLION, TAKEOVER, RT)


def write_report(folder: Path) -> Path:
    """From the last result of each part; the report's file."""
    found = [(part, part.kept(folder)) for part in PARTS]
    measured = [kept for _, kept in found if kept]
    text = report(measured, [part.name for part, kept in found if not kept])
    pictures = {name: drawing for section, _ in measured for name, drawing in section.pictures.items()}
    return write(folder, text, pictures)
