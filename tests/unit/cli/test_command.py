"""The command as a whole: its help, its languages, and how fast it answers."""

import subprocess
import sys
from pathlib import Path

import pytest

from gateway.cli.command import relevo
from tests.support.command import ROOT, invoke, run

HEAVY = ("aiohttp", "pydantic", "sqlalchemy", "rich", "babel", "asyncio", "ruamel")


def test_help_names_every_command() -> None:
    ended = run("--help")

    assert ended.returncode == 0
    assert relevo.commands.keys() == {
        "serve",
        "store",
        "check",
        "route",
        "channels",
        "phone",
        "providers",
        "tickets",
        "overdue",
        "takeovers",
        "quarantine",
        "reload",
        "migrate",
        "reference",
        "demo",
        "desk",
    }
    for name in relevo.commands:
        assert f"\n  {name} " in ended.stdout


def test_help_is_in_the_terminals_language() -> None:
    ended = run("serve", "--help", environment={"LC_ALL": "es_MX.UTF-8"})

    assert "Pone en marcha el servicio." in ended.stdout
    assert "El fichero de configuración." in ended.stdout


@pytest.mark.parametrize("name", sorted(relevo.commands))
def test_each_command_has_help_whose_first_sentence_fits_the_list(name: str) -> None:
    result = invoke(name, "--help")

    assert result.exit_code == 0
    assert relevo.commands[name].get_short_help_str(65).endswith(".")
    assert not relevo.commands[name].get_short_help_str(65).endswith("...")


def test_help_imports_nothing_heavy() -> None:
    program = "import sys; import gateway.cli.command; print(*sys.modules)"
    ended = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)

    assert not set(HEAVY) & set(ended.stdout.split())


def test_the_service_logs_without_rich_which_others_still_find() -> None:
    program = (
        "import sys; from gateway.cli.plain_structlog import import_plain_structlog; import_plain_structlog(); "
        "print('rich' in sys.modules, sys.modules['structlog'].dev.rich); import rich.console"
    )
    ended = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)

    assert ended.stdout == "False None\n"


def test_the_version_is_that_of_the_distribution() -> None:
    assert invoke("--version").output.startswith("relevo 0.")


def test_an_unknown_command_is_refused() -> None:
    result = invoke("serv")

    assert result.exit_code == 2
    assert "No such command 'serv'" in result.stderr


def test_reference_prints_the_page_and_compares_the_files() -> None:
    printed = invoke("reference")
    checked = invoke("reference", "--check")

    assert printed.output.startswith("# Configuration\n")
    assert "### providers: webhook" in printed.output
    assert checked.exit_code == 0, checked.stderr


def test_a_desk_without_secret_is_refused(tmp_path: Path) -> None:
    result = invoke("desk", "--name", "acme", "--data", tmp_path, environment={"ACME_SECRET": None})

    assert result.exit_code == 2
    assert "the environment variable ACME_SECRET must hold the secret" in result.stderr


def test_the_demos_outage_has_no_folder_of_its_own(tmp_path: Path) -> None:
    result = invoke("demo", "--outage", "kill", "--data", tmp_path)

    assert result.exit_code == 2
    assert "--data can't be given with it" in result.stderr


def test_the_demos_folder_must_be_writable(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    result = invoke("demo", "--data", tmp_path / "file" / "folder")

    assert result.exit_code == 1
    assert f"{tmp_path}/file/folder can't be written: Not a directory" in result.stderr
