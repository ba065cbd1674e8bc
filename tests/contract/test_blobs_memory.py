"""The blobs that tests use keep the contract of all blobs."""

import pytest

from tests.contract.blobs_contract import BlobsContract
from tests.support.blobs import MemoryBlobs
from tests.support.clock import SetClock


class TestMemoryBlobs(BlobsContract):
    """The port over a dictionary."""

    @pytest.fixture
    def clock(self) -> SetClock:
        return SetClock(1_000.0)

    @pytest.fixture
    def blobs(self, clock: SetClock) -> MemoryBlobs:
        return MemoryBlobs(clock)
