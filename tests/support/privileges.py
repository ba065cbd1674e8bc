"""Tests that only root can run: mounts, network namespaces, another user's processes."""

import os

import pytest


def require_root(why: str) -> None:
    """Skip where we aren't root; fail where CI isn't, which would otherwise be green without having looked."""
    if os.geteuid() == 0:
        return
    if os.environ.get("CI"):
        pytest.fail(f"CI has to run this as root: {why}")
    pytest.skip(f"only root can run this: {why}")
