"""What an administrator may write of a webhook desk, and what is said of mistakes."""

from typing import Any

import pytest
from pydantic import ValidationError

from tests.support.webhook_provider import SECRET, make_settings


@pytest.mark.parametrize(
    "url",
    ["https://desk.example.org/tickets", "http://127.0.0.1:9101/tickets", "http://[::1]:9101/tickets",
     "https://mesa.xn--espaa-rta.example/", "http://localhost"],
)  # fmt: skip
def test_urls(url: str) -> None:
    assert make_settings(url).url == url.rstrip("/")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("desk.example.org", "an http or https URL is needed"),
        ("ftp://desk.example.org", "an http or https URL is needed"),
        ("http://", "an http or https URL is needed"),
        ("", "an http or https URL is needed"),
        ("http://desk:99999/", "this is not a URL"),
        ("http://[::1/", "this is not a URL"),
        ("http://desk[]@", "this is not a URL"),
        ("http://desk example/", "without spaces"),
        ("http://desk/\r\nX: y", "without spaces"),
        ("https://me:geheim@desk.example.org/", "without user and password"),
        ("https://desk.example.org/?token=geheim", "without a query"),
        ("https://desk.example.org/#geheim", "without a fragment"),
    ],
)
def test_mistakes_in_urls(url: str, said: str) -> None:
    with pytest.raises(ValidationError, match=said) as caught:
        make_settings(url)
    assert "geheim" not in str(caught.value)
    with pytest.raises(ValidationError):
        make_settings("https://desk.example.org", "gopher" + url)


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "10.0.0.8", "localhost", "desk.localhost", "[::ffff:10.0.0.1]"])
def test_t28_private_addresses_are_named_at_loading(host: str) -> None:
    with pytest.raises(ValidationError, match=r"url: .* is not a public address; set allow_private: true"):
        make_settings(f"http://{host}/tickets", allow_private=False)
    with pytest.raises(ValidationError, match=r"health.url: .* is not a public address; set allow_private: true"):
        make_settings("https://desk.example.org", f"http://{host}/health", allow_private=False)


@pytest.mark.parametrize(
    ("secret", "words"),
    [("whsec_*and-no-base64", "any other text"), ("", "too short"), ("guess-me-please", "at least 16 characters")],
)
def test_mistakes_in_secrets(secret: str, words: str) -> None:
    with pytest.raises(ValidationError, match=words) as caught:
        make_settings("https://desk.example.org", secret=secret)
    assert not secret or secret not in str(caught.value)


@pytest.mark.parametrize("changes", [{"rate": "many"}, {"colour": "red"}, {"timeout": 3}])
def test_t32_mistakes_elsewhere_show_no_secret(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as caught:
        make_settings("https://desk.example.org", **changes)
    assert SECRET not in str(caught.value)
    assert SECRET not in repr(make_settings("https://desk.example.org"))
