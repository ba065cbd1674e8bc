"""The evidence of takeovers as people read it: a row for each, with what was promised and what happened."""

from collections.abc import Iterable

from gateway.cli.language import say
from gateway.cli.terminal import Row, moment, show_table
from gateway.core.clock import iso
from gateway.core.provider import Takeover
from gateway.core.settings import show_duration


def show_takeovers(takeovers: Iterable[Takeover]) -> None:
    """Print a table of them, in the order given."""
    headings = [
        say("since"),
        say("policy"),
        say("from"),
        say("to"),
        say("switch"),
        say("slowest ticket"),
        say("rescue"),
        say("doubles"),
        say("met"),
        say("because"),
    ]
    show_table(headings, [_row(takeover) for takeover in takeovers], whole=headings[:4])


def _row(takeover: Takeover) -> Row:
    doubles = say("{count}, withdrawn {withdrawn}", count=takeover.doubles, withdrawn=takeover.doubles_withdrawn)
    return (
        moment(iso(takeover.switched_at)),
        takeover.policy,
        takeover.from_provider,
        takeover.to_provider or say("nobody"),
        _of(takeover.switch_seconds, takeover.detection_bound),
        _of(takeover.slowest_ticket, takeover.ticket_bound),
        _of(takeover.rescue_seconds, takeover.rescue_bound),
        doubles if takeover.doubles else takeover.doubles,
        _verdict(takeover.met),
        takeover.failed_assumption,
    )


def _of(took: float | None, bound: float) -> str | None:
    """What it took, and what was promised; nothing where there was nothing to measure."""
    if took is None:
        return None
    return say("{took} of {bound}", took=show_duration(round(took, 3)), bound=show_duration(round(bound, 3)))


def _verdict(met: bool | None) -> str:
    if met is None:
        return say("not over yet")
    return say("yes") if met else say("no")
