"""A profile by sampling, from within: where the main thread's processor time goes, down to the line of ours that asked.

A tracing profiler makes small functions look dear, and a thread that looks at others sees them where they let go of the
interpreter's lock. So a timer's signal interrupts the main thread about a thousand times a second, wherever it is, and
that place is charged with the processor time that the thread used since the last look: waiting costs nothing.
"""

import json
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from types import FrameType

import aiohttp

_ROOT = Path(__file__).parents[2]
_INSTALLED = Path(aiohttp.__file__).parents[1]
_OURS = ("gateway", "channels", "routing", "config")
_EVERY = 0.001


@dataclass(frozen=True, slots=True)
class Spot:
    """Where the thread was. `function` is the innermost Python function, C code counting as the one that called it;
    `asker` is the innermost line of ours, empty where none of ours was running."""

    package: str
    function: str
    asker: str


@contextmanager
def sampled(file: Path) -> Iterator[None]:
    """Samples the main thread while the context is open, and writes the seconds of each spot to `file`."""
    spots: Counter[Spot] = Counter()
    charged = time.thread_time_ns()

    def look(_number: int, frame: FrameType | None) -> None:
        nonlocal charged
        used = time.thread_time_ns()
        if frame is not None:
            spots[_spot(frame)] += used - charged
        charged = time.thread_time_ns()
        _set_timer()

    before = signal.signal(signal.SIGALRM, look)
    _set_timer()
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    found = [{**asdict(spot), "seconds": nanoseconds / 1e9} for spot, nanoseconds in spots.items()]
    file.write_text(json.dumps(found), encoding="utf-8")


def read_samples(file: Path) -> dict[Spot, float]:
    """The seconds of each spot."""
    found = json.loads(file.read_text(encoding="utf-8"))
    return {Spot(each["package"], each["function"], each["asker"]): each["seconds"] for each in found}


def _set_timer() -> None:
    # At random, so as not to keep step with anything that is done at even times.
    signal.setitimer(signal.ITIMER_REAL, random.uniform(0.5, 1.5) * _EVERY)


def _spot(frame: FrameType) -> Spot:
    package, file = _place(frame.f_code.co_filename)
    function = f"{file}: {_name(frame)}"
    asker: FrameType | None = frame
    while asker is not None:
        asking, file = _place(asker.f_code.co_filename)
        if asking in _OURS:
            return Spot(package, function, f"{file}:{asker.f_lineno} {_name(asker)}")
        asker = asker.f_back
    return Spot(package, function, "")


def _name(frame: FrameType) -> str:
    return frame.f_code.co_qualname.replace(".<locals>", "")


@cache
def _place(filename: str) -> tuple[str, str]:
    """The package that a source file belongs to, and its path from there."""
    path = Path(filename)
    if _INSTALLED in path.parents:
        file = path.relative_to(_INSTALLED)
    elif _ROOT in path.parents:
        file = path.relative_to(_ROOT)
    else:
        return "standard library", "/".join(path.parts[-2:])
    return file.parts[0], str(file)
