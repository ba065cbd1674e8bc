"""Where the store is: a file of SQLite, or a database of PostgreSQL on one host or several."""

from typing import Annotated, Any
from urllib.parse import unquote

from pydantic import BeforeValidator, Field, PlainSerializer, SecretStr, ValidationInfo

from gateway.core.settings import SecretReference, Settings

SQLITE = "sqlite"
POSTGRESQL = "postgresql"
_NEEDED = (
    "the address of a store is needed, such as sqlite:relevo.db, sqlite:/var/lib/relevo/relevo.db "
    "or postgresql://user@host/database"
)
_OTHER_PLACE = "a password may stand before the @ alone; as a parameter it would be shown"


class StoreAddress(Settings):
    """Its text never shows the password."""

    scheme: str
    """`sqlite` or `postgresql`."""
    shown: str
    """The address without its password, as `sqlite:FILE` or `postgresql://USER@HOST,HOST/DATABASE?PARAMETERS`."""
    password: SecretStr | None = None

    def __str__(self) -> str:
        return self.shown

    @property
    def file(self) -> str:
        """The file of an SQLite store."""
        return self.shown.removeprefix(f"{SQLITE}:")


def store_address(url: str) -> StoreAddress:
    """Raises ValueError, whose text never has a part of a password."""
    scheme, _, rest = url.partition(":")
    if scheme == SQLITE and rest and not rest.startswith((":", "//")):
        return StoreAddress(scheme=scheme, shown=url)
    if scheme == POSTGRESQL and rest.startswith("//"):
        return _postgresql(rest.removeprefix("//"))
    raise ValueError(_NEEDED)


def _postgresql(rest: str) -> StoreAddress:
    authority, slash, tail = rest.partition("/")
    account, at, hosts = authority.rpartition("@")
    user, _, password = account.partition(":")
    shown = f"{POSTGRESQL}://{user}{at}{hosts}{slash}{tail}"
    if not user or not tail.partition("?")[0]:
        raise ValueError(f"the user or the database is missing; {_NEEDED}")
    _require_understood(shown)
    return StoreAddress(scheme=POSTGRESQL, shown=shown, password=SecretStr(unquote(password)) if password else None)


def _require_understood(shown: str) -> None:
    """The client library has the last word on hosts, ports and parameters."""
    import psycopg.conninfo

    try:
        known = psycopg.conninfo.conninfo_to_dict(shown)
    except psycopg.ProgrammingError as error:
        raise ValueError(f"PostgreSQL does not understand this address: {str(error).strip()}") from None
    if "password" in known or "sslpassword" in known:
        raise ValueError(_OTHER_PLACE)
    ports = [port for port in str(known.get("port", "")).split(",") if port]
    if not all(port.isascii() and port.isdigit() and 0 < int(port[:6]) < 65_536 for port in ports):
        raise ValueError("the port of a store is a number from 1 to 65535")


def _written(value: Any, info: ValidationInfo) -> Any:
    """The address itself (that no password stands in the file, the loader sees to), or a reference to it."""
    if isinstance(value, str):
        return store_address(value)
    if isinstance(value, dict) and callable(info.context):
        return store_address(info.context(value))
    if isinstance(value, StoreAddress):
        return value
    raise ValueError(_NEEDED)


StoreUrl = Annotated[
    StoreAddress,
    BeforeValidator(
        _written,
        json_schema_input_type=str | Annotated[SecretReference, Field(json_schema_extra={"secret": True})],
    ),
    PlainSerializer(str, return_type=str, when_used="json"),
]
"""In the file an address, or a reference to one that holds a password: `{env: NAME}` or `{file: PATH}`."""
