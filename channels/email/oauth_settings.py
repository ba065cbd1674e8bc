"""Where an access token for a mailbox comes from, as an administrator says it."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator
from yarl import URL

from channels.email.given_secret import GivenSecret
from gateway.core.addresses import require_no_private_host
from gateway.core.settings import Settings


class Service(StrEnum):
    """Mail services whose token address and scope are known."""

    GOOGLE = "google"
    MICROSOFT = "microsoft"


_TOKEN_URLS = {
    Service.GOOGLE: "https://oauth2.googleapis.com/token",
    Service.MICROSOFT: "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token",
}
_APPLICATION_SCOPE = "https://outlook.office365.com/.default"
"""What Microsoft wants of an application that logs in for itself, without a person's refresh token."""


class OAuthSettings(Settings):
    """A command that prints tokens, or what a token service wants to know: then `service` or `token_url`,
    with client_id, and client_secret or refresh_token or both."""

    token_command: tuple[str, ...] | None = Field(
        None,
        min_length=1,
        description="Program and arguments; it prints a valid access token, or a token service's JSON answer.",
    )
    service: Service | None = Field(None, description="`google` or `microsoft`, in place of token_url.")
    tenant: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9.-]{1,100}$")] = Field(
        "organizations", description="With `microsoft`: the directory's id or domain."
    )
    token_url: str | None = Field(None, description="Where tokens are fetched, such as https://id.example.org/token.")
    allow_private: bool = Field(False, description="Permit a token_url with a private, loopback or special address.")
    client_id: str | None = Field(None, description="The application's id, as registered there.")
    client_secret: GivenSecret | None = Field(None, description="The application's secret.")
    refresh_token: GivenSecret | None = Field(
        None, description="Of the person who permitted access; without it the application logs in for itself."
    )
    scope: str | None = Field(None, description="What is asked for, where the service doesn't know by itself.")

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        fetched = (self.service, self.token_url, self.client_id, self.client_secret, self.refresh_token, self.scope)
        if self.token_command is not None:
            if any(each is not None for each in fetched):
                raise ValueError("token_command stands alone: leave out the other keys")
            return self
        if (self.service is None) == (self.token_url is None):
            raise ValueError("token_command, service or token_url is needed: one of them")
        if self.client_id is None or (self.client_secret is None and self.refresh_token is None):
            raise ValueError("client_id is needed, with client_secret, refresh_token, or both")
        if self.service is Service.GOOGLE and self.refresh_token is None:
            raise ValueError("refresh_token is needed with service: google")
        return self

    @model_validator(mode="after")
    def _a_place_to_ask(self) -> Self:
        if self.token_url is not None:
            url = _parsed(self.token_url)
            if not self.allow_private:
                if url.scheme != "https":
                    raise ValueError("token_url: an https URL is needed, since secrets are sent there")
                require_no_private_host(url.host or "")
        return self

    @property
    def url(self) -> str:
        """Where tokens are fetched."""
        if self.service is not None:
            return _TOKEN_URLS[self.service].format(tenant=self.tenant)
        return self.token_url or ""

    def form(self, refresh_token: str | None) -> dict[str, str]:
        """What is posted there (RFC 6749 sections 4.4 and 6)."""
        grant = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        if refresh_token is None:
            grant = {"grant_type": "client_credentials"}
        scope = self.scope
        if scope is None and refresh_token is None and self.service is Service.MICROSOFT:
            scope = _APPLICATION_SCOPE
        secret = self.client_secret.get_secret_value() if self.client_secret else None
        told = {**grant, "client_id": self.client_id, "client_secret": secret, "scope": scope}
        return {name: value for name, value in told.items() if value is not None}


def _parsed(written: str) -> URL:
    """Raises ValueError; never repeats the URL, which may hold a password."""
    try:
        url = URL(written, encoded=True)
    except ValueError:
        raise ValueError("token_url: this is not a URL") from None
    if url.scheme not in ("http", "https") or not url.host or url.user is not None or url.fragment:
        raise ValueError("token_url: an https URL without user and fragment is needed")
    return url
