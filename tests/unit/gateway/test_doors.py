import pytest
from structlog.testing import capture_logs

from config.schema import PublicSettings
from gateway.app.doors import public_limits


@pytest.mark.parametrize(
    ("settings", "warned"),
    [
        ({"url": "https://help.example.org"}, True),
        ({"url": "https://help.example.org", "trusted_proxies": ["127.0.0.1"]}, False),
        ({}, False),
    ],
)
def test_t30_a_proxy_that_nobody_named_is_told_of(settings: dict[str, object], warned: bool) -> None:
    """Behind one on the same machine every client is trusted as this machine is: no rate counts for anybody."""
    with capture_logs() as logs:
        public_limits(PublicSettings.model_validate(settings))
    assert any("trusted_proxies" in str(line["event"]) for line in logs) is warned
