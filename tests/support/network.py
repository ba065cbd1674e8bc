"""A host of its own behind a cable, and a machine's view of names, both made from Linux namespaces. Needs root."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Self

_NOBODYS_ADDRESS = "02:00:00:00:00:99"


class FarHost:
    """From entering the context to leaving it. Processes run there by `within`, and are reached at `address`."""

    def __init__(self) -> None:
        self._name = f"far{os.getpid()}"
        self._cable = f"va{os.getpid()}"
        network = f"10.213.{os.getpid() % 250}"
        self.address = f"{network}.2"
        self._here = f"{network}.1"

    @property
    def within(self) -> Sequence[str]:
        return [_ip(), "netns", "exec", self._name]

    def __enter__(self) -> Self:
        far_end = f"vb{os.getpid()}"
        _run("netns", "add", self._name)
        _run("link", "add", self._cable, "type", "veth", "peer", "name", far_end)
        _run("link", "set", far_end, "netns", self._name)
        _run("addr", "add", f"{self._here}/30", "dev", self._cable)
        _run("link", "set", self._cable, "up")
        _run("-n", self._name, "addr", "add", f"{self.address}/30", "dev", far_end)
        _run("-n", self._name, "link", "set", far_end, "up")
        return self

    def __exit__(self, *_: object) -> None:
        _run("link", "del", self._cable)
        _run("netns", "del", self._name)

    def vanish(self) -> None:
        """Every packet to it goes to an address on the cable that nobody has: not even a refusal comes back."""
        _run("neigh", "replace", self.address, "lladdr", _NOBODYS_ADDRESS, "dev", self._cable, "nud", "permanent")

    def come_back(self) -> None:
        _run("neigh", "del", self.address, "dev", self._cable)


class Names:
    """What host names mean to processes run by `within`: what its hosts file says, and else a dead name server."""

    def __init__(self, folder: Path) -> None:
        self._hosts = folder / "hosts"
        resolver = folder / "resolv.conf"
        resolver.write_text("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
        self.forget()
        mounts = f"mount --bind {self._hosts} /etc/hosts && mount --bind {resolver} /etc/resolv.conf"
        self.within = [_found("unshare"), "--mount", _found("sh"), "-c", f'{mounts} && exec "$@"', "sh"]

    def know(self, name: str, address: str) -> None:
        self._hosts.write_text(f"127.0.0.1 localhost\n{address} {name}\n")

    def forget(self) -> None:
        self._hosts.write_text("127.0.0.1 localhost\n")


def _run(*arguments: str) -> None:
    subprocess.run([_ip(), *arguments], check=True)


def _ip() -> str:
    return _found("ip")


def _found(command: str) -> str:
    path = shutil.which(command, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    assert path, f"{command} is missing: tests/install_needs.sh installs it"
    return path
