"""Relevo over PostgreSQL as a real process, and a second one beside it over the same database and desks."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.support.postgres import Server
from tests.support.rig import Adjust, Rig, unhurried

DATABASE = "relevo"


def address_of(*servers: Server) -> str:
    """The store on these servers, of which one at a time takes writes."""
    hosts = ",".join(f"127.0.0.1:{server.port}" for server in servers)
    return f"postgresql://relevo@{hosts}/{DATABASE}"


class PostgresRig(Rig):
    """A rig whose store is on `servers`, the one that takes writes first. Without `spooling` requests are refused while
    none is there."""

    def __init__(
        self,
        directory: Path,
        servers: Sequence[Server],
        *,
        peers: bool = False,
        spooling: bool = True,
        adjust: Adjust | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        directory.mkdir(exist_ok=True)
        self.servers = list(servers)
        self.spool = directory / "relevo.spool"
        self._peers = peers
        self._spooling = spooling
        self._further = adjust
        super().__init__(directory, adjust=self._over_postgres, environment=environment)

    def beside(self, directory: Path) -> "PostgresRig":
        """A second gateway over the same database and desks; it has desks of its own only in name."""
        peer = PostgresRig(directory, self.servers, peers=True)
        peer.ports |= {name: self.ports[name] for name in self.names}
        peer.secrets = self.secrets
        peer.configure(self.names)
        return peer

    @property
    def ledger_url(self) -> str:
        """Where the rows are now."""
        return f"postgresql+psycopg://relevo@127.0.0.1:{self.servers[0].port}/{DATABASE}"

    def _over_postgres(self, content: dict[str, Any]) -> None:
        content["gateway"] |= {
            "store": address_of(*self.servers),
            "store_spool": {"folder": str(self.spool)} if self._spooling else {"limit": 0},
            "peers": self._peers,
        }
        if self._peers:
            unhurried(content)
        if self._further is not None:
            self._further(content)
