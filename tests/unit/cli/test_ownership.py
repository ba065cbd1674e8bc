"""The four import names are generic: they must be ours, and no distribution of these names may be locked."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.cli.ownership import PACKAGES, intruders
from tests.support.command import ENGLISH, ROOT


def make_package(folder: Path, name: str) -> None:
    (folder / name).mkdir()
    (folder / name / "__init__.py").touch()


def relevo_check(*path: Path) -> "subprocess.CompletedProcess[str]":
    """`relevo check` with these folders first on Python's path."""
    return subprocess.run(
        [sys.executable, "-c", "from gateway.cli import main; main()", "check"],
        env={**os.environ, **ENGLISH, "PYTHONPATH": os.pathsep.join(map(str, path))},
        cwd=path[0],
        capture_output=True,
        text=True,
        check=False,
    )


def test_here_all_four_are_ours() -> None:
    assert intruders() == []


@pytest.mark.parametrize("name", ["channels", "routing", "config"])
def test_a_package_that_comes_first_is_named_at_the_start(tmp_path: Path, name: str) -> None:
    make_package(tmp_path, name)
    (tmp_path / f"{name}-4.2.0.dist-info").mkdir()

    ended = relevo_check(tmp_path, ROOT)

    assert ended.returncode == 1
    assert f"the package {name} that Python finds is not Relevo's, but {tmp_path / name} ({name}-4.2.0)" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_distribution_installed_over_a_package_is_named(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "gateway", tmp_path / "gateway", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("channels", "routing", "config"):
        make_package(tmp_path, name)
    (tmp_path / "channels-4.2.0.dist-info").mkdir()

    ended = relevo_check(tmp_path)

    assert ended.returncode == 1
    assert ended.stderr.startswith(
        f"relevo: another distribution (channels-4.2.0) is installed over Relevo's package channels in {tmp_path}"
    )


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_no_distribution_of_these_names_is_locked(lock: str) -> None:
    locked = re.findall(r"^([A-Za-z0-9._-]+)==", (ROOT / lock).read_text(encoding="utf-8"), flags=re.MULTILINE)

    assert "aiohttp" in locked
    assert not set(PACKAGES) & {name.lower() for name in locked}
