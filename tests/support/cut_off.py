"""One gateway that can be cut off from its desks in seven ways at once.

Each way has a provider and a policy of its own, and all have the same backup.
"""

import copy
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.support.certificates import make_certificate, serving
from tests.support.network import FarHost, Names
from tests.support.ports import new_ports
from tests.support.rig import Rig
from tests.support.tcp_proxy import Line, TcpProxy

NAME = "name"
"""Its host name can't be resolved, from the start."""
VANISHED = "vanished"
"""Not even a refusal comes back from its host: a static neighbour that nobody is, at the end of a cable."""
REASONS = {
    "refused": "Connection refused",
    "expired": "certificate has expired",
    NAME: "the host name can't be resolved",
    VANISHED: "no (answer|connection) within",
    "deaf": "no answer within",
    "mute": "no answer within",
    "dripping": "no answer within",
}
"""By fault, what the gateway says of the desk, as a regular expression; a line that is `deaf` swallows requests, a
`mute` one answers."""
NEED_ROOT = frozenset({NAME, VANISHED})
_LINES = {"deaf": Line.SWALLOWS_REQUESTS, "mute": Line.SWALLOWS_ANSWERS, "dripping": Line.DRIPS}
_HOST = "desk.example.net"


def _faults() -> Sequence[str]:
    return [fault for fault in REASONS if os.geteuid() == 0 or fault not in NEED_ROOT]


class CutOff:
    """One gateway, a desk behind proxies, one behind a cable, the backup; and what can happen to the ways there."""

    def __init__(self, folder: Path) -> None:
        self.faults = _faults()
        self._folder = folder
        self._names = Names(folder) if NAME in self.faults else None
        self._far = FarHost() if VANISHED in self.faults else None
        self._good = make_certificate(folder / "good", days=2)
        self._expired = make_certificate(folder / "expired", days=-1)
        trusted = folder / "trusted.pem"
        trusted.write_text(self._good.read_text() + self._expired.read_text())
        self._ports = new_ports(*self.faults)
        self.rig = Rig(
            folder,
            ("acme", "far", "norte") if self._far else ("acme", "norte"),
            without_reports=("acme", "far"),  # they don't know under which names they are asked
            environment={"SSL_CERT_FILE": str(trusted)},
            adjust=self._one_policy_each,
            within={
                **({"relevo": self._names.within} if self._names else {}),
                **({"far": self._far.within} if self._far else {}),
            },
            hosts={"far": self._far.address} if self._far else {},
        )

    def _one_policy_each(self, config: dict[str, Any]) -> None:
        providers, policy = config["providers"], config["policies"][0]
        config["channels"]["web"].pop("categories")  # ours are the names of the desks
        config["providers"] = {fault: self._behind(fault, providers) for fault in self.faults}
        config["providers"]["norte"] = providers["norte"]
        config["policies"] = [
            {**policy, "name": fault, "match": {"categories": [fault]}, "providers": [fault, "norte"]}
            for fault in self.faults
        ]
        config["policies"].append({**policy, "providers": ["norte", self.faults[0]]})

    def _behind(self, fault: str, providers: Mapping[str, Any]) -> dict[str, Any]:
        provider: dict[str, Any] = copy.deepcopy(providers["far" if fault == VANISHED else "acme"])
        if fault == VANISHED and self._far:
            base = f"http://{self._far.address}:{urlsplit(provider['url']).port}"
        else:
            scheme, host = "https" if fault == "expired" else "http", _HOST if fault == NAME else "127.0.0.1"
            base = f"{scheme}://{host}:{self._ports[fault]}"
        provider["url"], provider["health"]["url"] = f"{base}/tickets", f"{base}/health"
        return provider

    @asynccontextmanager
    async def ready(self) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            if self._far:
                stack.enter_context(self._far)
            self._proxies = {
                fault: await stack.enter_async_context(
                    TcpProxy(port, self.rig.ports["acme"], tls=serving(self._good) if fault == "expired" else None)
                )
                for fault, port in self._ports.items()
            }
            await stack.enter_async_context(self.rig)
            await self.rig.start()
            yield

    async def strike(self) -> None:
        await self._proxies["refused"].refuse()
        await self._proxies["expired"].show(serving(self._expired))
        for fault, line in _LINES.items():
            await self._proxies[fault].become(line)
        if self._far:
            self._far.vanish()

    async def heal(self) -> None:
        await self._proxies["refused"].listen()
        await self._proxies["expired"].show(serving(self._good))
        for fault in _LINES:
            await self._proxies[fault].become(Line.FORWARDS)
        if self._far:
            self._far.come_back()
        if self._names:
            self._names.know(_HOST, "127.0.0.1")
