"""`relevo check`: what is promised, with the sums."""

from pathlib import Path

import click

from gateway.cli import options
from gateway.cli.failure import Failure, expected_errors
from gateway.cli.language import say


@click.command(
    help=say(
        "Say whether the contracts can be met, with the sums. Every bound of every policy and voice channel is printed "
        "with its terms and assumptions. Ends with 1 where a contract can't be met, 2 where the file is wrong."
    )
)
@options.config_file
@options.as_json
def check(config_file: Path, as_json: bool) -> None:
    with expected_errors():
        from gateway.app.configuration import assess, load_configuration
        from gateway.app.lines import assess_lines
        from gateway.cli.check_json import assessment_data
        from gateway.cli.check_report import show_assessment
        from gateway.cli.terminal import show_json
        from gateway.core.clock import SystemClock

        config = load_configuration(config_file)
        assessment, lines = assess(config, SystemClock().now()), assess_lines(config)
        if as_json:
            show_json(assessment_data(assessment, lines))
        else:
            show_assessment(assessment, lines)
    if not (assessment.met and all(line.met for line in lines)):
        click.get_current_context().exit(Failure.exit_code)
