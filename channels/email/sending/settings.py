"""What an administrator may set of the relay that our mail leaves by, and of servers that are only asked for a sign."""

from ipaddress import ip_address
from typing import Literal, Self

from pydantic import Field, model_validator

from channels.email.given_secret import GivenSecret
from channels.email.oauth_settings import OAuthSettings
from gateway.core.settings import Duration, LocalPath, Settings

_PORTS = {"tls": 465, "starttls": 587, "none": 25}


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower().rstrip(".") == "localhost"


class SmtpSettings(Settings):
    """The server that takes our mail, the organisation's own or its provider's."""

    host: str = Field(min_length=1, max_length=253, description="Name or address of the server.")
    port: int | None = Field(
        None, ge=1, le=65535, description="Its port; else 465 with `tls`, 587 with `starttls`, 25 with `none`."
    )
    security: Literal["tls", "starttls", "none"] = Field(
        "starttls",
        description="`tls` from the first byte, `starttls` before anything else, or `none`. What is demanded and isn't "
        "there stops the mail: nothing goes out in clear instead.",
    )
    ca_file: LocalPath | None = Field(
        None, description="File (PEM) with the authorities that are trusted beside the system's."
    )
    user: str | None = Field(None, min_length=1, max_length=320, description="Login name; without it nobody logs in.")
    password: GivenSecret | None = Field(None, description="Its password.")
    oauth: OAuthSettings | None = Field(None, description="Where tokens come from, in place of a password.")
    timeout: Duration = Field(30.0, ge=0.1, le=600, description="How long each step but the content may take.")
    connections: int = Field(4, ge=1, le=50, description="The most at one time.")

    @model_validator(mode="after")
    def _one_way_in(self) -> Self:
        if (self.user is None) != (self.password is None and self.oauth is None):
            raise ValueError("user goes with password or oauth")
        if self.password is not None and self.oauth is not None:
            raise ValueError("password or oauth, and not both")
        return self

    @model_validator(mode="after")
    def _nothing_secret_in_clear(self) -> Self:
        if self.user is not None and self.security == "none" and not _is_this_machine(self.host):
            raise ValueError("security: none would send the login in clear; set starttls or tls")
        return self

    @property
    def usual_port(self) -> int:
        """The one that is set, or that usually goes with the security."""
        return self.port or _PORTS[self.security]
