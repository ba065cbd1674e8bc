"""What holds for every test."""

import gc

import pytest

_COLLECT_AFTER = (10_000, 20, 20)


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """The collector need not look again and again at what stays till the end: it took a sixth of the run."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECT_AFTER)
