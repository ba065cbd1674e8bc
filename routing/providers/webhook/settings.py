"""What an administrator writes of a help desk that speaks the desk webhook protocol."""

from typing import Self

from pydantic import Field, SecretStr, field_validator, model_validator
from yarl import URL

from gateway.core.addresses import require_no_private_host
from gateway.core.clock import SystemClock
from gateway.core.settings import Secret
from gateway.core.signature import KEY_RULE, Signer
from routing.health.settings import HealthSettings
from routing.settings import AskableSettings


class WebhookHealth(HealthSettings):
    """Active probes on a fixed grid, confirmed at once when one fails or is slow."""

    url: str | None = Field(
        None, description="GET answered with 2xx while the desk is healthy. Without it: a TCP connection to the desk."
    )


class WebhookSettings(AskableSettings):
    """A desk behind one URL; requests in both directions are signed (Standard Webhooks) with one secret."""

    url: str = Field(description="Where tickets are posted, such as https://desk.example.org/tickets.")
    allow_private: bool = Field(False, description="Permit private, loopback and other special addresses.")
    secret: Secret = Field(description=f"Shared with the desk; {KEY_RULE}.")
    health: WebhookHealth = WebhookHealth()

    @field_validator("secret")
    @classmethod
    def _is_a_key(cls, secret: SecretStr) -> SecretStr:
        Signer(secret.get_secret_value(), SystemClock())
        return secret

    @field_validator("url")
    @classmethod
    def _is_a_place_for_tickets(cls, url: str) -> str:
        parsed = _parse(url)
        if parsed.query_string or "?" in url:
            raise ValueError("a URL without a query is needed: paths and queries are added to it")
        return url.rstrip("/")

    @model_validator(mode="after")
    def _addresses_are_permitted(self) -> Self:
        for name, url in (("url", self.url), ("health.url", self.health.url)):
            try:
                if url is not None:
                    _check(url, self.allow_private)
            except ValueError as error:
                raise ValueError(f"{name}: {error}") from error
        return self


def _parse(url: str) -> URL:
    """Raises ValueError; never repeats the URL, which may hold a password."""
    if any(not character.isprintable() or character.isspace() for character in url):
        raise ValueError("a URL without spaces and control characters is needed")
    try:
        parsed = URL(url, encoded=True)
        host = parsed.host
        parsed.port  # noqa: B018  raises where it is out of range
    except (ValueError, IndexError) as error:  # IndexError: yarl's, of some brackets before an @
        raise ValueError("this is not a URL") from error
    if parsed.scheme not in ("http", "https") or not host:
        raise ValueError("an http or https URL is needed, such as https://desk.example.org/tickets")
    if parsed.user is not None or parsed.password is not None:
        raise ValueError("a URL without user and password is needed: requests are signed with the secret")
    if parsed.fragment:
        raise ValueError("a URL without a fragment (#...) is needed")
    return parsed


def _check(url: str, allow_private: bool) -> None:
    """Say at loading what would fail at every connection; other host names are judged when they are dialled."""
    host = _parse(url).host or ""
    if not allow_private:
        require_no_private_host(host)
