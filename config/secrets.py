"""Secrets stay out of the file: it holds references, which are resolved here while it is loaded."""

import errno
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from re import compile as regex
from typing import Any

from pydantic import ValidationError

from gateway.core.settings import SecretReference

MAX_BYTES = 64 * 1024
_ADVICE = "write {env: NAME} or {file: PATH}"
_VARIABLE = regex(r"[A-Z_][A-Z0-9_]{0,63}")


def _read_regular_file(path: Path) -> bytes:
    """A pipe or a device would keep its reader waiting."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "it is not a regular file")
        return file.read(MAX_BYTES + 1)


class SecretResolver:
    """Turns a reference into the secret; called by the settings' Secret fields. Relative paths start at `folder`.

    Raises ValueError with a text that never repeats what was written, since that may be the secret itself.
    """

    def __init__(self, environ: Mapping[str, str], folder: Path) -> None:
        self._environ = environ
        self.folder = folder
        """Where relative paths start."""

    def __call__(self, written: Any) -> str:
        if not isinstance(written, dict):
            raise ValueError(f"a secret must not stand in the file; {_ADVICE}")  # noqa: TRY004
        try:
            reference = SecretReference.model_validate(written, strict=True)
        except ValidationError:
            raise ValueError(f"this is not a reference to a secret; {_ADVICE}") from None
        if reference.env is not None and reference.file is None:
            return self._from_environment(reference.env)
        if reference.file is not None and reference.env is None:
            return self._from_file(reference.file)
        raise ValueError(f"one reference to a secret is needed; {_ADVICE}")

    def _from_environment(self, name: str) -> str:
        value = self._environ.get(name, "").strip()
        if value:
            return value
        named = (
            f"the environment variable {name}" if _VARIABLE.fullmatch(name) else "the environment variable named here"
        )
        state = "empty" if name in self._environ else "not set"
        raise ValueError(f"{named} is {state}; it must hold the secret")

    def _from_file(self, path: str) -> str:
        try:
            content = _read_regular_file(self.folder / path)
            value = content.decode().strip()
        except OSError as error:
            reason = error.strerror or "it can't be opened"
            raise ValueError(f"the secret's file can't be read ({reason}){self._start(path)}") from None
        except ValueError:
            raise ValueError("the secret's file is not UTF-8 text") from None
        if len(content) > MAX_BYTES:
            raise ValueError(f"the secret's file is too large; at most {MAX_BYTES // 1024} KiB")
        if not value:
            raise ValueError("the secret's file is empty; it must hold the secret")
        return value

    def _start(self, path: str) -> str:
        return "" if Path(path).is_absolute() else f"; a relative path starts at {self.folder}"
