"""The command with the sampler beside it: `python -m tests.bench.sampled_relevo SAMPLES serve -c FILE`."""

import sys
from pathlib import Path

from gateway.cli import main
from tests.bench.sampler import sampled

if __name__ == "__main__":
    samples = Path(sys.argv.pop(1))
    with sampled(samples):
        main()
