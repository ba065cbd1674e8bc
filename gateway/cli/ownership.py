"""Are `gateway`, `channels`, `routing` and `config` ours? The names are generic: Django Channels is `channels` too."""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import gateway
from gateway.cli.language import say

PACKAGES = ("gateway", "channels", "routing", "config")

_HOME = Path(gateway.__file__).resolve().parents[1]


def intruders(home: Path = _HOME) -> list[str]:
    """A sentence for each package that isn't Relevo's, or that another distribution has written over.

    `home` is the folder that holds Relevo's packages.
    """
    return [sentence for name in PACKAGES for sentence in _about(name, home)]


def _about(name: str, home: Path) -> Iterator[str]:
    found = _folder(name)
    if found is None:
        yield say("the package {name} of Relevo is missing in {home}: install Relevo anew", name=name, home=home)
    elif found != home / name:
        yield say(
            "the package {name} that Python finds is not Relevo's, but {found}{owner}; Relevo's is {ours}. "
            "Give Relevo an environment of its own, and take the other one off PYTHONPATH",
            name=name,
            found=found,
            owner=_owner(name, found.parent),
            ours=home / name,
        )
    elif owner := _owner(name, home):
        yield say(
            "another distribution{owner} is installed over Relevo's package {name} in {home}: "
            "give Relevo an environment of its own",
            name=name,
            owner=owner,
            home=home,
        )


def _folder(name: str) -> Path | None:
    """Where Python would import the package from; nothing is imported."""
    spec = find_spec(name)
    if spec is None:
        return None
    locations = list(spec.submodule_search_locations or ())
    place = Path(locations[0] if locations else spec.origin or name)
    return place.resolve()


def _owner(name: str, folder: Path) -> str:
    """` (channels-4.2.0)` where a distribution of that name is installed there; else nothing."""
    found = [each.stem for kind in ("dist-info", "egg-info") for each in folder.glob(f"{name}-*.{kind}")]
    return f" ({', '.join(found)})" if found else ""
