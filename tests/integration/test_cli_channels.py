"""`relevo channels` as administrators see it, with a real mailbox."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import Result

from tests.support.command import invoke, write_configuration
from tests.support.dovecot import PASSWORD, USER, Dovecot, running_dovecot

WEB = "  web: {type: web}\n"


@pytest.fixture(scope="module")
def dovecot() -> Iterator[Dovecot]:
    with running_dovecot() as server:
        yield server


def configuration(folder: Path, dovecot: Dovecot, *, mailbox: str = "folder: INBOX") -> Path:
    """With a mail channel beside the form."""
    imap = (
        f"host: 127.0.0.1, port: {dovecot.plain_port}, security: none, user: {USER}, password: {{env: MAIL_PASSWORD}}"
    )
    mail = f"  mail: {{type: email, address: {USER}, imap: {{{imap}, {mailbox}}}}}\n"
    return write_configuration(folder, (WEB, WEB + mail))


def try_mail(folder: Path, dovecot: Dovecot, *, mailbox: str = "folder: INBOX", **environment: str) -> Result:
    file = configuration(folder, dovecot, mailbox=mailbox)
    return invoke("channels", "test", "mail", "-c", file, environment={"MAIL_PASSWORD": PASSWORD, **environment})


def test_the_channels_are_listed(tmp_path: Path, dovecot: Dovecot) -> None:
    file = configuration(tmp_path, dovecot)
    result = invoke("channels", "list", "-c", file, environment={"MAIL_PASSWORD": PASSWORD})
    assert [line.split() for line in result.stdout.splitlines()] == [
        ["channel", "type"],
        ["web", "web"],
        ["mail", "email"],
    ]


def test_every_step_of_a_channel_that_works_is_shown(tmp_path: Path, dovecot: Dovecot) -> None:
    result = try_mail(tmp_path, dovecot)
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        f"imap: {USER}, 127.0.0.1:{dovecot.plain_port}",
        "  well  look up the name",
        "  well  connect",
        "  well  encrypt",
        "  well  log in",
        "  well  open the folder INBOX",
        "  well  look through the folder INBOX",
        "Channel mail: every step went well.",
    ]


def test_the_step_that_fails_is_shown_with_what_to_do(tmp_path: Path, dovecot: Dovecot) -> None:
    result = try_mail(tmp_path, dovecot, MAIL_PASSWORD="canary-2f9c")
    assert result.exit_code == 1
    failing, remedy = result.stdout.splitlines()[-2:]
    assert failing.startswith(f"  FAILS  log in: the mail server refused {USER}: ")
    assert remedy == ("  What to do: check user and password, or oauth, and that the account may use IMAP or SMTP.")
    assert "canary" not in result.output


def test_it_is_said_in_spanish(tmp_path: Path, dovecot: Dovecot) -> None:
    result = try_mail(tmp_path, dovecot, mailbox="folder: Missing", LC_ALL="es_ES.UTF-8")
    assert result.exit_code == 1
    assert "  bien  iniciar sesión\n  FALLA  abrir la carpeta Missing: " in result.stdout
    assert result.stdout.endswith("  Qué hacer: indique una carpeta que exista.\n")


def test_a_form_needs_nothing_of_others(tmp_path: Path) -> None:
    result = invoke("channels", "test", "web", "-c", write_configuration(tmp_path))
    assert (result.exit_code, result.stdout) == (
        0,
        "Channel web needs nothing of others: there is nothing to try.\n",
    )


def test_a_channel_that_there_is_not_is_refused_with_those_that_there_are(tmp_path: Path) -> None:
    result = invoke("channels", "test", "mial", "-c", write_configuration(tmp_path))
    assert result.exit_code == 2
    assert "no channel is called mial; there are: web" in result.stderr
