"""The limit that the guard of memory goes by, as the kernel tells it (cgroups v2)."""

from pathlib import Path

import pytest

from gateway.app.memory import cgroup_limit

MEBIBYTE = 1024 * 1024


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ({"system.slice/relevo.service": "1073741824\n"}, 1024 * MEBIBYTE),
        ({"system.slice": "536870912\n", "system.slice/relevo.service": "1073741824\n"}, 512 * MEBIBYTE),
        ({"system.slice/relevo.service": "max\n"}, None),
        ({"system.slice/other.service": "1048576\n"}, None),
        ({}, None),
    ],
)
def test_t14_the_limit_of_a_systemd_unit_is_found(tmp_path: Path, limits: dict[str, str], expected: int | None) -> None:
    """MemoryMax= was a limit that killed us, since only a container's own was looked for."""
    for name, limit in limits.items():
        (tmp_path / name).mkdir(parents=True, exist_ok=True)
        (tmp_path / name / "memory.max").write_text(limit)
    membership = tmp_path / "cgroup"
    membership.write_text("1:name=systemd:/elsewhere\n0::/system.slice/relevo.service\n")
    assert cgroup_limit(tmp_path, membership) == expected


def test_a_container_sees_its_own_group_as_the_root(tmp_path: Path) -> None:
    (tmp_path / "memory.max").write_text("268435456\n")
    membership = tmp_path / "cgroup"
    membership.write_text("0::/\n")
    assert cgroup_limit(tmp_path, membership) == 256 * MEBIBYTE


def test_a_system_that_tells_nothing_sets_no_limit(tmp_path: Path) -> None:
    assert cgroup_limit(tmp_path, tmp_path / "missing") is None
