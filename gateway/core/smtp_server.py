"""A mail server's host and port, as it is written in the configuration: `mx.sur.example:25`."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from gateway.core.settings import Settings


class SmtpServer(Settings):
    """A server's host and port."""

    host: str
    port: int = Field(ge=1, le=65535)

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_smtp_address(value: Any) -> Any:
    """`mx.sur.example:25`, `192.0.2.1:25` or `[2001:db8::1]:25`."""
    if isinstance(value, SmtpServer):
        return value
    if isinstance(value, str):
        host, colon, port = value.rpartition(":")
        bare = host.removeprefix("[").removesuffix("]")
        # A bare IPv6 address would lose its last group to the port.
        known = bare.isprintable() and not set(bare) & set(" /@[]") and (":" not in bare or host.startswith("["))
        if colon and bare and known and port.isascii() and port.isdigit():
            return {"host": bare, "port": int(port[:6])}
    raise ValueError("a host and a port are needed, such as mx.example.org:25")


SmtpAddress = Annotated[SmtpServer, BeforeValidator(parse_smtp_address, json_schema_input_type=str)]
"""In the file it is written `mx.sur.example:25`."""
