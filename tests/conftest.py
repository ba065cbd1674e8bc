"""What holds for every test."""

import gc
import os

import pytest

from tests.support.examples import try_few_examples

_COLLECT_AFTER = (10_000, 20, 20)

gc.disable()  # what is imported and collected stays till the end: looking for garbage in it took a seventh of that time
os.environ["SSL_CERT_FILE"] = os.devnull  # else hundreds of processes read every authority's certificate
try_few_examples()


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """The collector need not look again and again at what stays till the end: it took a sixth of the run."""
    gc.freeze()
    gc.set_threshold(*_COLLECT_AFTER)
    gc.enable()
