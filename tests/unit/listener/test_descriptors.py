"""How many connections the system's file descriptors are enough for."""

import resource

import pytest

from gateway.listener import connections_for, raise_descriptor_limit


@pytest.mark.parametrize(
    ("descriptors", "connections"), [(256, 64), (1024, 384), (4096, 1920), (20_000, 9872), (65_536, 32_640), (3, 1)]
)
def test_every_connection_may_have_a_file_open_and_a_reserve_is_kept(descriptors: int, connections: int) -> None:
    assert connections_for(descriptors) == connections


def test_the_limit_is_raised_to_what_the_system_allows() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, 512), hard))
        raised = raise_descriptor_limit()
        assert raised == resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        assert raised == (min(hard, 65_536) if hard != resource.RLIM_INFINITY else 65_536)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
