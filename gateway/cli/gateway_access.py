"""How a command reaches the running gateway: its address, its token, and what to do when it doesn't answer."""

import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from gateway.cli import options
from gateway.cli.failure import WrongConfiguration, expected_errors
from gateway.cli.language import say

if TYPE_CHECKING:
    from gateway.app.configuration import RelevoConfig
    from gateway.client import OpsClient

T = TypeVar("T")

DEFAULT_URL = "http://127.0.0.1:8081"
TOKEN_VARIABLE = "RELEVO_TOKEN"  # noqa: S105  the name of a variable
_EVERY_INTERFACE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  compared, not listened on


@dataclass(frozen=True, slots=True)
class GatewayAccess:
    """What the command line says of the running gateway."""

    url: str | None
    config_file: Path | None
    token_variable: str | None

    def ask(self, question: Callable[["OpsClient"], Awaitable[T]]) -> T:
        """The answer to one question. Raises Failure."""
        with expected_errors():
            import asyncio

            config = self._config()
            return asyncio.run(_ask(self._address(config), self._token(config), question))

    def _config(self) -> "RelevoConfig | None":
        if self.config_file is None:
            return None
        from gateway.app.configuration import load_configuration

        return load_configuration(self.config_file)

    def _address(self, config: "RelevoConfig | None") -> str:
        if self.url is not None:
            return self.url
        if config is None:
            return DEFAULT_URL
        listen = config.gateway.ops.listen
        if listen.port == 0:
            problem = say("{file}: gateway.ops.listen has port 0, any free one: give --url", file=self.config_file)
            raise WrongConfiguration(problem)
        reachable = listen.model_copy(update={"host": _EVERY_INTERFACE.get(listen.host, listen.host)})
        return f"http://{reachable}"

    def _token(self, config: "RelevoConfig | None") -> str | None:
        if self.token_variable is not None:
            token = os.environ.get(self.token_variable, "").strip()
            if not token:
                problem = say("the environment variable {name} holds no token", name=self.token_variable)
                raise WrongConfiguration(f"relevo: {problem}")
            return token
        if config is not None and config.gateway.ops.token is not None:
            return config.gateway.ops.token.get_secret_value()
        return os.environ.get(TOKEN_VARIABLE, "").strip() or None


def asks_gateway(command: Callable[..., None]) -> Callable[..., None]:
    """Gives a command the options of the running gateway, and a GatewayAccess as its first argument."""

    @wraps(command)
    def with_access(url: str | None, config_file: Path | None, token_env: str | None, **others: Any) -> None:
        access = GatewayAccess(
            url=_or_of_group("url", url),
            config_file=_or_of_group("config_file", config_file),
            token_variable=_or_of_group("token_env", token_env),
        )
        command(access, **others)

    for option in (_token_option, options.config_file_of_gateway, _url_option):
        with_access = option(with_access)
    return with_access


async def _ask(url: str, token: str | None, question: Callable[["OpsClient"], Awaitable[T]]) -> T:
    from gateway.client import OpsClient

    async with OpsClient(url, token) as client:
        return await question(client)


def _or_of_group(name: str, value: T | None) -> T | None:
    """`relevo tickets --url X show R` and `relevo tickets show --url X R` are the same."""
    parent = click.get_current_context().parent
    return value if value is not None or parent is None else parent.params.get(name)


def _http_address(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    if value is not None and not value.startswith(("http://", "https://")):
        raise click.BadParameter(say("an address is needed, such as {example}", example=DEFAULT_URL))
    return value


_url_option = click.option(
    "--url",
    metavar="URL",
    callback=_http_address,
    help=say("The gateway's ops address; {default} unless this or -c is given.", default=DEFAULT_URL),
)
_token_option = click.option(
    "--token-env",
    metavar="NAME",
    help=say(
        "The environment variable that holds the ops token; {default} unless this or -c is given.",
        default=TOKEN_VARIABLE,
    ),
)
