"""The section on signed webhooks of a voice channel."""

from collections.abc import Sequence

from tests.bench.contestants import BARE_WEBHOOK, WEBHOOK
from tests.bench.figures import Spread, as_good_as, economy, rate, spread
from tests.bench.load import CONNECTIONS
from tests.bench.parts.webhooks import FIRST, LOADS, REPORT, SLICES, WHOLE, WebhookFigures
from tests.bench.picture import picture
from tests.bench.rounds import Measurement
from tests.bench.section import Section, Table, Verdict, drawn, table
from tests.bench.voice import ANSWERED_CALL

_PICTURE = "webhooks.svg"
_ASKED = 0.5
_MICRO, _MILLI = 1e6, 1e3
_RATIOS = {"webhooks a second": rate, "webhooks for a second of processor": economy}


def section(figures: WebhookFigures) -> Section:
    """What the report says of it."""
    ratios = {load: _ratios(measured) for load, measured in figures.loads.items()}
    (_, answered), *_ = ratios[WHOLE]
    rounds = len(figures.loads[WHOLE][WEBHOOK.name])
    return Section(
        "Signed webhooks of a voice channel",
        [
            drawn(f"How good it is, as a part of {BARE_WEBHOOK.name}", _PICTURE),
            "",
            *(f"- **{each.name}**: {each.says}." for each in (BARE_WEBHOOK, WEBHOOK)),
            "",
            f"The verdict is on {WHOLE}: all {len(ANSWERED_CALL)} webhooks that Twilio posts in a call that an agent "
            f"takes by key, each signed by its own library before the clock runs, hundreds of calls under way at a "
            f"time. Two of them also by themselves: *{FIRST}*, which costs most, since it opens the call and its "
            f"ticket, and *{REPORT}*, the first of a desk's line, which is kept and answered by nothing. Interleaved "
            f"rounds: {rounds}, each of {_each('requests')} webhooks in {SLICES} turns after {_each('warm_up')} to "
            f"warm up, over {CONNECTIONS} kept connections.",
            "",
            table(("", "", "webhooks a second", "p50, ms", "p99, ms", "processor each, us"), _rows(figures), texts=2),
            "",
            table(
                ("as good as bare", *_RATIOS), [(load, *(each.show(2) for _, each in ratios[load])) for load in ratios]
            ),
        ],
        [
            Verdict(
                f"Voice webhooks of whole calls: rate at least {_ASKED} of {BARE_WEBHOOK.name}'s",
                answered.show(2),
                answered.middle >= _ASKED,
            )
        ],
        {_PICTURE: picture(f"A voice channel's webhooks, {BARE_WEBHOOK.name} = 1", list(ratios.items()))},
    )


def _ratios(measured: dict[str, list[Measurement]]) -> list[tuple[str, Spread]]:
    base, ours = measured[BARE_WEBHOOK.name], measured[WEBHOOK.name]
    return [(name, as_good_as(base, ours, figure)) for name, figure in _RATIOS.items()]


def _rows(figures: WebhookFigures) -> Table:
    return [
        (load, name, *_row(measured[name]))
        for load, measured in figures.loads.items()
        for name in (BARE_WEBHOOK.name, WEBHOOK.name)
    ]


def _each(field: str) -> str:
    return ", ".join(str(getattr(load, field)) for load in LOADS.values())


def _row(measurements: Sequence[Measurement]) -> list[str]:
    return [
        spread(measurements, rate).show(0),
        spread(measurements, lambda each: each.load.p50).show(1, _MILLI),
        spread(measurements, lambda each: each.load.p99).show(1, _MILLI),
        spread(measurements, lambda each: each.processor).show(0, _MICRO),
    ]
