"""The five sections of the file, each validated by its settings types; what is wrong is collected, not raised."""

from collections.abc import Iterator
from collections.abc import Mapping as MappingType
from pathlib import Path as FilePath
from typing import Generic, TypeVar

import orjson
from pydantic import ValidationError

from config.document import Entry, Mapping, Scalar, Sequence, plain
from config.explain import explain
from config.problems import Mark, Path, Problem, one_of, suggest
from config.schema import Config, GatewaySettings, PolicyT, SettingsKinds, Typed
from config.secrets import SecretResolver
from gateway.core.settings import Settings

SettingsT = TypeVar("SettingsT", bound=Settings)

SECTIONS = ("gateway", "channels", "providers", "policies", "alarms")
TYPE = "type"


class Sections(Generic[PolicyT]):
    """One reading of a document; `problems` grows while `config` reads."""

    def __init__(self, root: Entry, kinds: SettingsKinds[PolicyT], secrets: SecretResolver) -> None:
        self.problems: list[Problem] = []
        self._kinds = kinds
        self._secrets = secrets
        self._sections = self._split(root)

    def config(self, path: FilePath, digest: str) -> Config[PolicyT] | None:
        """The configuration; None where there are problems."""
        written = self._optional("gateway")
        gateway = self._settings(GatewaySettings, written, ("gateway",)) if written else GatewaySettings()
        channels = self._named("channels", self._kinds.channels)
        providers = self._named("providers", self._kinds.providers)
        policies = [self._settings(self._kinds.policy, *item) for item in self._items("policies")]
        alarms = [self._typed(self._kinds.alarms, *item) for item in self._items("alarms")]
        if self.problems or gateway is None:
            return None
        return Config(
            path=path,
            digest=digest,
            gateway=gateway,
            channels=_all(channels),
            providers=_all(providers),
            policies=tuple(policy for policy in policies if policy),
            alarms=tuple(alarm for alarm in alarms if alarm),
        )

    def _split(self, root: Entry) -> dict[str, Entry]:
        if not isinstance(root.node, Mapping):
            self.problems.append(Problem(f"the file must be a mapping of sections{one_of(SECTIONS)}", root.node.mark))
            return {}
        for key, entry in root.node.entries.items():
            if key not in SECTIONS:
                text = f"unknown section{suggest(key, SECTIONS)}{one_of(SECTIONS)}"
                self.problems.append(Problem(text, entry.key_mark, (key,)))
        return root.node.entries

    def _optional(self, section: str) -> Entry | None:
        entry = self._sections.get(section)
        empty = entry and isinstance(entry.node, Scalar) and entry.node.value is None
        return None if empty else entry

    def _named(self, section: str, types: MappingType[str, type[Settings]]) -> dict[str, Typed | None]:
        entry = self._optional(section)
        if entry is None:
            return {}
        if not isinstance(entry.node, Mapping):
            text = f"a mapping from names to settings is needed, such as {{one: {{type: {next(iter(types), 'x')}}}}}"
            self.problems.append(Problem(text, entry.mark, (section,)))
            return {}
        return {name: self._typed(types, each, (section, name)) for name, each in entry.node.entries.items()}

    def _items(self, section: str) -> Iterator[tuple[Entry, Path]]:
        entry = self._optional(section)
        if entry is None:
            return
        if not isinstance(entry.node, Sequence):
            self.problems.append(Problem("a list is needed; each item begins with -", entry.mark, (section,)))
            return
        for index, node in enumerate(entry.node.items):
            yield Entry(node.mark, node), (section, index)

    def _typed(self, types: MappingType[str, type[Settings]], entry: Entry, path: Path) -> Typed | None:
        if not isinstance(entry.node, Mapping):
            text = f"a mapping is needed, such as {{type: {next(iter(types), 'x')}}}"
            self.problems.append(Problem(text, entry.mark, path))
            return None
        written = entry.node.entries.get(TYPE)
        if written is None:
            self.problems.append(Problem(f"is missing{one_of(types)}", entry.key_mark, (*path, TYPE)))
            return None
        name = written.node.value if isinstance(written.node, Scalar) else None
        if not isinstance(name, str) or name not in types:
            text = f"unknown type{suggest(str(name), types)}{one_of(types)}"
            self.problems.append(Problem(text, written.mark, (*path, TYPE)))
            return None
        settings = self._settings(types[name], _without_type(types[name], entry.key_mark, entry.node), path)
        return Typed(name, settings) if settings else None

    def _settings(self, model: type[SettingsT], entry: Entry, path: Path) -> SettingsT | None:
        """Strict, as JSON: a list is a list, and no text is taken for a number."""
        try:
            return model.model_validate_json(orjson.dumps(plain(entry.node)), strict=True, context=self._secrets)
        except ValidationError as error:
            self.problems.extend(explain(error, entry, path, model))
            return None


def _without_type(model: type[Settings], key_mark: Mark, written: Mapping) -> Entry:
    """The mapping for settings that don't repeat their own type."""
    entries = {key: each for key, each in written.entries.items() if key != TYPE or TYPE in model.model_fields}
    return Entry(key_mark, Mapping(written.mark, entries))


def _all(found: MappingType[str, Typed | None]) -> dict[str, Typed]:
    return {name: typed for name, typed in found.items() if typed}
