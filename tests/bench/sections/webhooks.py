"""The section on signed webhooks of a voice channel."""

from collections.abc import Sequence

from tests.bench.contestants import BARE_WEBHOOK, WARM_UP, WEBHOOK
from tests.bench.figures import as_good_as, economy, rate, spread
from tests.bench.load import CONNECTIONS
from tests.bench.parts.webhooks import WebhookFigures
from tests.bench.picture import picture
from tests.bench.rounds import SLICES, Measurement
from tests.bench.section import Section, Verdict, drawn, table

_PICTURE = "webhooks.svg"
_ASKED = 0.5
_MICRO, _MILLI = 1e6, 1e3


def section(figures: WebhookFigures) -> Section:
    """What the report says of it."""
    base, ours = figures.rounds[BARE_WEBHOOK.name], figures.rounds[WEBHOOK.name]
    answered = as_good_as(base, ours, rate)
    ratios = [("webhooks a second", answered), ("webhooks for a second of processor", as_good_as(base, ours, economy))]
    return Section(
        "Signed webhooks of a voice channel",
        [
            drawn(f"How good it is, as a part of {BARE_WEBHOOK.name}", _PICTURE),
            "",
            *(f"- **{each.name}**: {each.says}." for each in (BARE_WEBHOOK, WEBHOOK)),
            "",
            f"The webhook is Twilio's first one of a call, each with a CallSid of its own, signed by its own library "
            f"before the clock runs: the one that costs most, since it opens the call and its ticket. Interleaved "
            f"rounds: {len(base)}, of {WEBHOOK.requests} webhooks in {SLICES} turns after {WARM_UP} to warm up, over "
            f"{CONNECTIONS} kept connections.",
            "",
            table(
                ("", "webhooks a second", "p50, ms", "p99, ms", "processor each, us"),
                [(each.name, *_row(figures.rounds[each.name])) for each in (BARE_WEBHOOK, WEBHOOK)],
            ),
            "",
            table(("as good as bare", ""), [(what, found.show(2)) for what, found in ratios]),
        ],
        [
            Verdict(
                f"Voice webhook: rate at least {_ASKED} of {BARE_WEBHOOK.name}'s",
                answered.show(2),
                answered.middle >= _ASKED,
            )
        ],
        {_PICTURE: picture("A voice channel's webhooks", [(f"{BARE_WEBHOOK.name} = 1", ratios)])},
    )


def _row(measurements: Sequence[Measurement]) -> list[str]:
    return [
        spread(measurements, rate).show(0),
        spread(measurements, lambda each: each.load.p50).show(1, _MILLI),
        spread(measurements, lambda each: each.load.p99).show(1, _MILLI),
        spread(measurements, lambda each: each.processor).show(0, _MICRO),
    ]
