"""What a store's URL names."""

import pytest

from gateway.core.errors import ConfigError
from gateway.store.engine_sqlite import file_of


@pytest.mark.parametrize(
    ("url", "file"),
    [("sqlite:relevo.db", "relevo.db"), ("sqlite:/var/lib/relevo/relevo.db", "/var/lib/relevo/relevo.db")],
)
def test_a_file(url: str, file: str) -> None:
    assert file_of(url) == file


@pytest.mark.parametrize("url", ["", "relevo.db", "sqlite:", "sqlite::memory:", "sqlite:///relevo.db", "mysql:x"])
def test_no_store(url: str) -> None:
    with pytest.raises(ConfigError, match="sqlite:FILE"):
        file_of(url)
