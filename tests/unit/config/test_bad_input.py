"""Everything that can be wrong in a file: its exact place, and the words that help."""

from pathlib import Path

import pytest

from config.document import MAX_DEPTH
from config.loader import MAX_BYTES, load
from config.problems import InvalidConfig
from gateway.core.errors import ConfigError
from tests.support.sample_settings import SAMPLE_KINDS

ENVIRON = {"SECRET": "canary-2f9c71d04be8", "EMPTY": " ", "GUESSED": "canary-2f9c-71d"}

GOOD = {
    "gateway": "gateway: {}",
    "channels": "channels: {web: {type: web}}",
    "providers": "providers: {acme: {type: webhook, url: http://x, secret: {env: SECRET}}}",
    "policies": "policies: [{name: default, providers: [acme], takeover_within: 5s}]",
    "alarms": "alarms: []",
}


def document(**sections: str | None) -> str:
    """A good document with other text for some sections, those first; None leaves one out."""
    others = [text for name, text in GOOD.items() if name not in sections]
    return "\n".join([*(text for text in sections.values() if text is not None), *others]) + "\n"


def provider(settings: str) -> str:
    """A document whose provider acme has `settings`, which begin in line 4, column 5."""
    indented = "\n".join(f"    {line}" for line in settings.splitlines())
    return document(providers=f"providers:\n  acme:\n    type: webhook\n{indented}")


def complete(settings: str) -> str:
    """As `provider`, with what is required; `settings` begin in line 6."""
    return provider(f"url: http://x\nsecret: {{env: SECRET}}\n{settings}")


def problems(folder: Path, content: str | bytes) -> list[str]:
    path = folder / "relevo.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InvalidConfig) as caught:
        load(path, SAMPLE_KINDS, ENVIRON)
    assert str(caught.value).splitlines() == [problem.show(str(path)) for problem in caught.value.problems]
    return [problem.show("F") for problem in caught.value.problems]


SYNTAX = [
    ("a: [1, 2", "F:1:9: this list is not closed; expected , or ]"),
    ("a: {b: 1", "F:1:9: this mapping is not closed; expected , or }"),
    ("a: 'x", "F:1:6: a quote is not closed"),
    ("a:\n\tb: 1", "F:2:1: a tab; allowed: spaces for indentation"),
    ("a: b: c", "F:1:5: a colon that is not expected; check the indentation, or put the text in quotes"),
    ("a: 1\n b: 2", "F:2:3: a colon that is not expected; check the indentation, or put the text in quotes"),
    ("a: 1\nb\nc: 2", "F:3:1: a key without its colon; write key: value"),
    ("a: @x", "F:1:4: a text can't begin with @; put it in quotes"),
    ("a: `x", "F:1:4: a text can't begin with a backtick; put it in quotes"),
    ("a: %x", "F:1:4: a text can't begin with %; put it in quotes"),
    ('a: "\\q"', "F:1:6: an unknown escape after the backslash; in single quotes a backslash is a backslash"),
    ('a: "\\x1"', "F:1:7: an incomplete escape after the backslash; in single quotes a backslash is a backslash"),
    ("- a\nb: 1", "F:2:1: the indentation does not fit; keys of one mapping begin in the same column"),
    ("a: - b", "F:1:4: a list item (-) that is not expected; check the indentation"),
    ("a: ]", "F:1:4: a value is expected; put a text that begins with a special character in quotes"),
    ("a: |x\n  y", "F:1:5: after | or > comes a line break"),
    ("a: !!str 5", "F:1:4: a: tags (!...) are not allowed; put a text in quotes"),
    ("a: !secret 5", "F:1:4: a: tags (!...) are not allowed; put a text in quotes"),
    ("a: !x!y 5", "F:1:4: tags (!...) are not allowed; put a text in quotes"),
    ("!!map {a: 1}", "F:1:1: tags (!...) are not allowed; put a text in quotes"),
    (
        "a: *b",
        "F:1:4: a: this alias (*) has no anchor (&) that ends before it; put a text that begins with * in quotes",
    ),
    (
        "a: &a [*a]",
        "F:1:8: a[0]: this alias (*) has no anchor (&) that ends before it; put a text that begins with * in quotes",
    ),
    ("[a]: 1", "F:1:1: this can't be a key; allowed: a plain name"),
    ("? {a: 1}\n: 1", "F:1:3: this can't be a key; allowed: a plain name"),
    ("a: 1\n---\nb: 1", "F:2:1: a second document begins here; allowed: one in a file"),
    ("a: b\x07c", "F:1:5: a control character; allowed: printable text"),
    ("a: 1\nb: x\x00", "F:2:5: a control character; allowed: printable text"),
    ("[" * 100, f"F:1:{MAX_DEPTH + 2}: nested too deeply; at most 32 levels"),
    ("- " * 100, "F:1:67: nested too deeply; at most 32 levels"),
]


@pytest.mark.parametrize(("text", "expected"), SYNTAX)
def test_what_is_not_yaml(tmp_path: Path, text: str, expected: str) -> None:
    assert problems(tmp_path, text) == [expected]


ONE_OF = "; allowed: alarms, channels, gateway, policies, providers"

WHOLE = [
    ("- a", f"F:1:1: the file must be a mapping of sections{ONE_OF}"),
    ("", f"F:1:1: the file must be a mapping of sections{ONE_OF}"),
    ("# nothing", f"F:1:1: the file must be a mapping of sections{ONE_OF}"),
    ("12", f"F:1:1: the file must be a mapping of sections{ONE_OF}"),
    (document(chanels="chanels: {}"), f"F:1:1: chanels: unknown section; did you mean channels?{ONE_OF}"),
    (document(x="'x y': {}"), f"F:1:1: ?: unknown section{ONE_OF}"),
    (document(channels=None), "F:1:1: channels: is missing; at least one channel is needed"),
    (document(providers=None, policies="policies: []"), "F:1:1: policies: is empty; at least one policy is needed"),
    (document(channels="channels:"), "F:1:1: channels: is empty; at least one channel is needed"),
    (document(channels="channels: {}"), "F:1:1: channels: is empty; at least one channel is needed"),
    (
        document(channels="channels: [web]"),
        "F:1:1: channels: a mapping from names to settings is needed, such as {one: {type: web}}",
    ),
    (document(channels="channels: {web: web}"), "F:1:17: channels.web: a mapping is needed, such as {type: web}"),
    (document(channels="channels: {web: }"), "F:1:12: channels.web: a mapping is needed, such as {type: web}"),
    (document(policies="policies: {default: 1}"), "F:1:1: policies: a list is needed; each item begins with -"),
    (document(alarms="alarms: {type: log}"), "F:1:1: alarms: a list is needed; each item begins with -"),
    (
        document(gateway="gateway: [1]"),
        "F:1:1: gateway: a mapping is needed, such as {key: value}; allowed: crashes, hang_after, lag_allowance, "
        "ops, organisation, peers, public, queue_allowance, restart_within, shutdown_within, store, store_spool",
    ),
    (
        document(channels="channels:\n  web: {type: web}\n  web: {type: web}"),
        "F:3:3: channels: this key occurs twice, the first time in line 2; allowed: once",
    ),
    (
        document(x="gateway: {}", gateway="gateway: {}"),
        "F:2:1: this key occurs twice, the first time in line 1; allowed: once",
    ),
    (
        document(channels="channels: {Web: {type: web}}"),
        "F:1:12: channels.Web: not a name; allowed: at most 64 of a-z, 0-9, - and _, of which the first is a letter or "
        "digit",
    ),
    (document(channels="channels: {web: {}}"), "F:1:12: channels.web.type: is missing; allowed: web"),
    (
        document(channels="channels: {web: {type: wob}}"),
        "F:1:24: channels.web.type: unknown type; did you mean web?; allowed: web",
    ),
    (document(channels="channels: {web: {type: 5}}"), "F:1:24: channels.web.type: unknown type; allowed: web"),
    (document(channels="channels: {web: {type: [web]}}"), "F:1:18: channels.web.type: unknown type; allowed: web"),
    (
        document(alarms="alarms:\n  - type: lag"),
        "F:2:11: alarms[0].type: unknown type; did you mean log?; allowed: log, webhook",
    ),
    (document(alarms="alarms:\n  -"), "F:2:4: alarms[0]: a mapping is needed, such as {type: webhook}"),
]


@pytest.mark.parametrize(("text", "expected"), WHOLE)
def test_what_the_whole_file_is(tmp_path: Path, text: str, expected: str) -> None:
    assert expected in problems(tmp_path, text)


DURATION = "a duration with its unit is needed, such as 300ms, 2s, 5m, 1h or 30d"
TEXT = 'a text is needed; one that looks like a number goes in quotes, such as "12"'
PROVIDER_KEYS = "allow_private, health, hours, languages, level, secret, timeout, url"

SETTINGS = [
    ("timeuot: 2s", f"F:6:5: providers.acme.timeuot: unknown key; did you mean timeout?; allowed: {PROVIDER_KEYS}"),
    ("zzz: 2s", f"F:6:5: providers.acme.zzz: unknown key; allowed: {PROVIDER_KEYS}"),
    (
        "health:\n  evry: 1s",
        "F:7:7: providers.acme.health.evry: unknown key; did you mean every?; allowed: every, failures, jitter",
    ),
    ("hours:\n  - opne: []", "F:7:9: providers.acme.hours[0].opne: unknown key; did you mean open?; allowed: open"),
    ("hours:\n  - {}", "F:7:9: providers.acme.hours[0].open: is missing; Days and times."),
    ("hours: [{open: []}]", "F:6:14: providers.acme.hours[0].open: too few items; at least 1"),
    ("hours: [{open: [a]}, {open: [a]}, {open: [a]}]", "F:6:5: providers.acme.hours: too many items; at most 2"),
    ("hours: [mon]", "F:6:13: providers.acme.hours[0]: a mapping is needed, such as {key: value}; allowed: open"),
    ("timeout: 2", f"F:6:14: providers.acme.timeout: {DURATION}"),
    ("timeout: 2.5", f"F:6:14: providers.acme.timeout: {DURATION}"),
    ("timeout: 2 parsecs", f"F:6:14: providers.acme.timeout: {DURATION}"),
    ("timeout:", f"F:6:5: providers.acme.timeout: {DURATION}"),
    ("timeout: [2s]", f"F:6:5: providers.acme.timeout: {DURATION}"),
    ("timeout: 0s", "F:6:14: providers.acme.timeout: must be more than 0ms"),
    ("timeout: 99999d", "F:6:14: providers.acme.timeout: must be at most 3650d"),
    (f"timeout: {'9' * 400}d", "F:6:14: providers.acme.timeout: must be at most 3650d"),
    ("health: {every: 2m}", "F:6:21: providers.acme.health.every: must be at most 1m"),
    ("health: {failures: 0}", "F:6:24: providers.acme.health.failures: must be at least 1"),
    ("health: {failures: 21}", "F:6:24: providers.acme.health.failures: must be at most 20"),
    ("health: {failures: 1.5}", "F:6:24: providers.acme.health.failures: a whole number is needed, such as 3"),
    ("health: {failures: '3'}", "F:6:24: providers.acme.health.failures: a whole number is needed, such as 3"),
    ("health: {failures: yes}", "F:6:24: providers.acme.health.failures: a whole number is needed, such as 3"),
    ("health: {failures: true}", "F:6:24: providers.acme.health.failures: a whole number is needed, such as 3"),
    (
        f"health: {{failures: {'9' * 30}}}",
        "F:6:24: providers.acme.health.failures: a whole number is needed, such as 3",
    ),
    ("health: {jitter: much}", "F:6:22: providers.acme.health.jitter: a number is needed, such as 0.5"),
    ("health: {jitter: .nan}", "F:6:22: providers.acme.health.jitter: a number is needed, such as 0.5"),
    ("health: {jitter: 0.6}", "F:6:22: providers.acme.health.jitter: must be at most 0.5"),
    (
        "health: fast",
        "F:6:13: providers.acme.health: a mapping is needed, such as {key: value}; allowed: every, failures, jitter",
    ),
    (
        "health:",
        "F:6:5: providers.acme.health: a mapping is needed, such as {key: value}; allowed: every, failures, jitter",
    ),
    ("allow_private: yes", "F:6:20: providers.acme.allow_private: true or false is needed"),
    ("allow_private: 1", "F:6:20: providers.acme.allow_private: true or false is needed"),
    ("languages: es", "F:6:16: providers.acme.languages: a list is needed, such as [es, en]"),
    ("languages: [es, 12]", f"F:6:21: providers.acme.languages[1]: {TEXT}"),
    ("languages:\n  - es\n  - true", f"F:8:9: providers.acme.languages[1]: {TEXT}"),
    ("level: ful", "F:6:12: providers.acme.level: this is not allowed; allowed: 'basic' or 'full'"),
    ('level: "full\\n\\0"', "F:6:12: providers.acme: holds a control character; allowed: printable text"),
    ('level: "\\ud800"', "F:6:12: providers.acme: holds a control character; allowed: printable text"),
]


@pytest.mark.parametrize(("settings", "expected"), SETTINGS)
def test_what_a_setting_is(tmp_path: Path, settings: str, expected: str) -> None:
    assert expected in problems(tmp_path, complete(settings))


REQUIRED = [
    ("url: http://x", "F:2:3: providers.acme.secret: is missing; Shared with the desk."),
    ("secret: {env: SECRET}", "F:2:3: providers.acme.url: is missing; Where tickets are posted."),
    ("url: 12\nsecret: {env: SECRET}", f"F:4:10: providers.acme.url: {TEXT}"),
    ("url: ftp://x\nsecret: {env: SECRET}", "F:4:10: providers.acme.url: an http or https URL is needed"),
    (
        "url: http://me:canary-2f9c@x\nsecret: {env: SECRET}",
        "F:4:10: providers.acme.url: an address must not hold a password",
    ),
]


@pytest.mark.parametrize(("settings", "expected"), REQUIRED)
def test_what_is_required(tmp_path: Path, settings: str, expected: str) -> None:
    assert problems(tmp_path, provider(settings)) == [expected]


ADVICE = "write {env: NAME} or {file: PATH}"

SECRETS = [
    ("canary-2f9c", "10", f"a secret must not stand in the file; {ADVICE}"),
    ("'canary-2f9c'", "10", f"a secret must not stand in the file; {ADVICE}"),
    ("[canary-2f9c]", "5", f"a secret must not stand in the file; {ADVICE}"),
    ("", "5", f"a secret must not stand in the file; {ADVICE}"),
    ("{canary-2f9c}", "5", f"this is not a reference to a secret; {ADVICE}"),
    ("{canary-2f9c: x, canary: y}", "5", f"this is not a reference to a secret; {ADVICE}"),
    ("{value: canary-2f9c}", "5", f"this is not a reference to a secret; {ADVICE}"),
    ("{env: 12}", "5", f"this is not a reference to a secret; {ADVICE}"),
    ("{env: SECRET, file: x}", "5", f"one reference to a secret is needed; {ADVICE}"),
    ("{}", "5", f"one reference to a secret is needed; {ADVICE}"),
    ("{env: MISSING}", "5", "the environment variable MISSING is not set; it must hold the secret"),
    ("{env: EMPTY}", "5", "the environment variable EMPTY is empty; it must hold the secret"),
    ("{env: canary-2f9c}", "5", "the environment variable named here is not set; it must hold the secret"),
    ("{env: GUESSED}", "5", "this secret is too short; at least 16 characters, drawn at random"),
    ("{file: empty}", "5", "the secret's file is empty; it must hold the secret"),
    ("{file: latin}", "5", "the secret's file is not UTF-8 text"),
    ("{file: large}", "5", "the secret's file is too large; at most 64 KiB"),
    ("{file: /nowhere/canary-2f9c}", "5", "the secret's file can't be read (No such file or directory)"),
]


@pytest.mark.parametrize(("written", "column", "words"), SECRETS)
def test_t32_what_a_secret_is(tmp_path: Path, written: str, column: str, words: str) -> None:
    (tmp_path / "empty").write_text(" \n")
    (tmp_path / "latin").write_bytes(b"canary-2f9c \xe9")
    (tmp_path / "large").write_text("x" * 70_000)

    found = problems(tmp_path, provider(f"secret: {written}\nurl: http://x"))

    assert found == [f"F:4:{'13' if column == '10' else column}: providers.acme.secret: {words}"]


def test_a_relative_file_of_a_secret_starts_beside_the_configuration(tmp_path: Path) -> None:
    found = problems(tmp_path, provider("secret: {file: keys/acme}\nurl: http://x"))

    words = f"the secret's file can't be read (No such file or directory); a relative path starts at {tmp_path}"
    assert found == [f"F:4:5: providers.acme.secret: {words}"]


POLICIES = [
    ("[{providers: [acme], takeover_within: 5s}]", "F:1:12: policies[0].name: is missing; Unique name."),
    (
        "[{name: Default, providers: [acme], takeover_within: 5s}]",
        "F:1:19: policies[0].name: this is not allowed; it must match ^[a-z]+$",
    ),
    (
        "[{name: a, providers: acme, takeover_within: 5s}]",
        "F:1:33: policies[0].providers: a list is needed, such as [es, en]",
    ),
    ("[{name: a, providers: [], takeover_within: 5s}]", "F:1:22: policies[0].providers: too few items; at least 1"),
    (
        "\n- name: a\n  providers: [acme, acne]\n  takeover_within: 5s",
        "F:3:21: policies[0].providers[1]: no provider has this name; did you mean acme?; allowed: acme",
    ),
    (
        "\n- name: a\n  providers:\n  - acme\n  - acme\n  takeover_within: 5s",
        "F:5:5: policies[0].providers[1]: this provider stands in the list already; allowed: once",
    ),
    (
        "\n- {name: a, providers: [acme], takeover_within: 5s}\n- {name: a, providers: [acme], takeover_within: 5s}",
        "F:3:10: policies[1].name: the policy in line 2 has this name already",
    ),
    (
        "[{name: a, providers: [acme], takeover_within: 5s, hedge: 0ms}]",
        "F:1:69: policies[0].hedge: must be more than 0ms",
    ),
]


@pytest.mark.parametrize(("written", "expected"), POLICIES)
def test_what_a_policy_is(tmp_path: Path, written: str, expected: str) -> None:
    assert problems(tmp_path, document(policies=f"policies: {written}")) == [expected]


ADDRESS = "an address and a port are needed, such as 127.0.0.1:8080 or [::1]:8080"
URL = "an address is needed, such as https://help.example.org"
STORE = (
    "the address of a store is needed, such as sqlite:relevo.db, sqlite:/var/lib/relevo/relevo.db "
    "or postgresql://user@host/database"
)

GATEWAY = [
    ("{public: {listen: 8080}}", f"F:1:28: gateway.public.listen: {ADDRESS}"),
    ("{public: {listen: localhost}}", f"F:1:28: gateway.public.listen: {ADDRESS}"),
    ("{public: {listen: {host: a, port: 1}}}", f"F:1:20: gateway.public.listen: {ADDRESS}"),
    ("{public: {listen: 127.0.0.1:70000}}", "F:1:28: gateway.public.listen: must be at most 65535"),
    (f"{{public: {{listen: 127.0.0.1:{'9' * 5000}}}}}", "F:1:28: gateway.public.listen: must be at most 65535"),
    (
        "{public: {listen: 0.0.0.0:80}}",
        "F:1:11: gateway.public: listening on every interface needs url, the address under which people reach it",
    ),
    ("{public: {url: help.example.org}}", f"F:1:25: gateway.public.url: {URL}"),
    ("{public: {url: 'https://a/?b=c'}}", f"F:1:25: gateway.public.url: {URL}"),
    ("{public: {url: 'http://a:99999'}}", f"F:1:25: gateway.public.url: {URL}"),
    ("{public: {url: 'http://[a'}}", f"F:1:25: gateway.public.url: {URL}"),
    (
        "{ops: {listen: 10.0.0.1:80}}",
        f"F:1:11: gateway.ops: listening beyond loopback needs token; write token: {ADVICE.removeprefix('write ')}",
    ),
    ("{ops: {token: canary-2f9c}}", f"F:1:24: gateway.ops.token: a secret must not stand in the file; {ADVICE}"),
    ("{store: mysql://a}", f"F:1:18: gateway.store: {STORE}"),
    ("{store: 'sqlite:'}", f"F:1:18: gateway.store: {STORE}"),
    ("{store: 7}", f"F:1:18: gateway.store: {STORE}"),
    ("{store: postgresql://b/c}", f"F:1:18: gateway.store: the user or the database is missing; {STORE}"),
    (
        "{store: 'postgresql://a@b/c?colour=red'}",
        'F:1:18: gateway.store: PostgreSQL does not understand this address: invalid URI query parameter: "colour"',
    ),
    (
        "{store: postgresql://a:canary-2f9c@b/c}",
        "F:1:18: gateway.store: an address must not hold a password",
    ),
    (
        "{peers: true}",
        "F:1:1: gateway: peers need a store that gateways can share, such as postgresql://user@host/database",
    ),
    ("{crashes: -1}", "F:1:20: gateway.crashes: must be at least 0"),
    ("{crashes: 11}", "F:1:20: gateway.crashes: must be at most 10"),
    ("{organisation: {name: ''}}", "F:1:32: gateway.organisation.name: too few characters; at least 1"),
    ("{organisation: {name: 1984}}", f"F:1:32: gateway.organisation.name: {TEXT}"),
    ("{restart_within: 1}", f"F:1:27: gateway.restart_within: {DURATION}"),
]


@pytest.mark.parametrize(("written", "expected"), GATEWAY)
def test_what_the_gateway_is(tmp_path: Path, written: str, expected: str) -> None:
    assert problems(tmp_path, document(gateway=f"gateway: {written}")) == [expected]


def test_everything_is_found_at_once_and_in_order(tmp_path: Path) -> None:
    text = (
        "gateway: {crashes: many}\n"
        "channels: {}\n"
        "providers:\n  acme: {type: webhook, timeout: 2, url: http://x}\n  Norte: {type: wbhook}\n"
        "policies:\n- {name: a, providers: [acme, sur]}\n"
        "alarm: []\n"
    )

    places = [problem.rsplit(":", 1)[0].split(": ")[:2] for problem in problems(tmp_path, text)]

    assert [f"{place} {path}" for place, path in places] == [
        "F:1:20 gateway.crashes",
        "F:2:1 channels",
        "F:4:3 providers.acme.secret",
        "F:4:34 providers.acme.timeout",
        "F:5:3 providers.Norte",
        "F:5:17 providers.Norte.type",
        "F:7:3 policies[0].takeover_within",
        "F:7:31 policies[0].providers[1]",
        "F:8:1 alarm",
    ]


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"absent\.yaml: can't be read: No such file or directory$"):
        load(tmp_path / "absent.yaml", SAMPLE_KINDS, ENVIRON)


def test_a_folder_instead_of_a_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"can't be read: Is a directory$"):
        load(tmp_path, SAMPLE_KINDS, ENVIRON)


def test_a_name_that_can_be_no_file() -> None:
    with pytest.raises(ConfigError, match=r"can't be read: this is not the name of a file$"):
        load(Path("a\0b"), SAMPLE_KINDS, ENVIRON)


def test_a_file_that_is_too_large(tmp_path: Path) -> None:
    assert problems(tmp_path, b"#" * (MAX_BYTES + 1)) == ["F: too large; at most 1024 KiB"]


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (b"a: 1\nb: \xe9x", "F:2:4"),
        ("a: ñ".encode("utf-16"), "F:1:1"),
        ("a: ñü".encode("latin-1"), "F:1:4"),
        ("b: ñ".encode() + b"\xff", "F:1:5"),
    ],
)
def test_another_encoding(tmp_path: Path, content: bytes, place: str) -> None:
    assert problems(tmp_path, content) == [f"{place}: this is not UTF-8 text; save the file as UTF-8"]


def test_many_values(tmp_path: Path) -> None:
    """Most of them are aliases, which are read quickly; those alone aren't too many yet."""
    aliases = f"a: &a [{'x,' * 998}]\nb: [{'*a,' * 19}]\n"

    few = problems(tmp_path, aliases)
    found = problems(tmp_path, f"{aliases}c: [{'x,' * 20}]")

    assert [problem.partition(": ")[2] for problem in few] != ["the document is too large; at most 20000 values"]
    assert [problem.partition(": ")[2] for problem in found] == ["the document is too large; at most 20000 values"]


def test_aliases_of_aliases(tmp_path: Path) -> None:
    levels = [f"l{level}: &l{level} [{', '.join([f'*l{level - 1}'] * 9)}]" for level in range(1, 12)]

    found = problems(tmp_path, "l0: &l0 [x]\n" + "\n".join(levels))

    assert [problem.partition(": ")[2] for problem in found] == ["the document is too large; at most 20000 values"]


def test_aliases_of_a_long_text(tmp_path: Path) -> None:
    found = problems(tmp_path, f"a: &a {'x' * 50_000}\nb: [{'*a, ' * 50}]")

    assert [problem.partition(": ")[2] for problem in found] == ["the document is too large; at most 20000 values"]


def test_aliases_that_nest_ever_deeper(tmp_path: Path) -> None:
    levels = [f"l{level}: &l{level} [[[[[[*l{level - 1}]]]]]]" for level in range(1, 12)]

    found = problems(tmp_path, "l0: &l0 [x]\n" + "\n".join(levels))

    assert [problem.partition(": ")[2] for problem in found] == ["nested too deeply; at most 32 levels"]
