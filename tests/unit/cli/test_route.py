"""`relevo route`: which policy, which provider, and why."""

from pathlib import Path

import pytest

from tests.support.command import WITH_PHONE, invoke, write_configuration

NIGHT = "2026-12-24T03:00"
POLICIES = (
    "  - name: default",
    """  - name: vip
    match: {priorities: [urgent], languages: [es]}
    providers: [norte, acme]
    takeover_within: 5s
  - name: default""",
)
HOURS = (
    "secret: {env: ACME_SECRET}",
    "secret: {env: ACME_SECRET}\n    hours: {timezone: Europe/Madrid, open: ['mon-fri 08:00-20:00']}",
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write_configuration(tmp_path, POLICIES, HOURS)


def rows(output: str) -> list[list[str]]:
    return [line.split() for line in output.splitlines()]


def test_the_first_policy_that_fits_decides_and_the_others_say_why_not(file: Path) -> None:
    normal = invoke("route", "-c", file, "--channel", "web", "--language", "es")
    urgent = invoke("route", "-c", file, "--channel", "web", "--language", "es", "--priority", "urgent")

    assert ["vip", "no", "is", "for", "the", "priorities", "urgent"] in rows(normal.output)
    assert ["default", "yes", "it", "is", "for", "every", "ticket"] in rows(normal.output)
    assert ["vip", "yes", "languages", "es;", "priorities", "urgent"] in rows(urgent.output)
    assert "norte gets it." in urgent.output


def test_the_primary_gets_it_in_its_hours_and_the_backup_at_night(file: Path) -> None:
    day = invoke("route", "-c", file, "--channel", "web", "--at", "2026-12-24T12:00+01:00")
    night = invoke("route", "-c", file, "--channel", "web", "--at", f"{NIGHT}+01:00")

    assert "acme gets it." in day.output
    assert "norte gets it." in night.output
    assert ["1", "norte", "now", "up"] in rows(night.output)
    assert ["2", "acme", "last", "resort", "closed", "at", "this", "hour;", "up"] in rows(night.output)


def test_who_is_down_gets_nothing(file: Path) -> None:
    at = ("--at", "2026-12-24T12:00+01:00")
    one = invoke("route", "-c", file, "--channel", "web", *at, "--down", "acme")
    both = invoke("route", "-c", file, "--channel", "web", *at, "--down", "acme", "--down", "norte")

    assert ["1", "acme", "not", "down:", "as", "--down", "says"] in rows(one.output)
    assert "norte gets it." in one.output
    assert "Nobody gets it now: it waits until a provider can take it." in both.output
    assert both.exit_code == 0


def test_it_speaks_spanish(file: Path) -> None:
    asked = ("--channel", "web", "--language", "es", "--at", f"{NIGHT}+01:00", "--down", "norte")
    output = invoke("route", "-c", file, *asked, environment={"LC_ALL": "es_ES.UTF-8"}).output

    assert ["vip", "no", "es", "para", "las", "prioridades", "urgent"] in rows(output)
    assert ["1", "norte", "no", "caído:", "como", "dice", "--down"] in rows(output)
    assert ["2", "acme", "último", "recurso", "cerrado", "a", "esta", "hora;", "en", "pie"] in rows(output)
    assert "La recibe acme." in output


def test_hedge_and_deadline_are_said(file: Path) -> None:
    output = invoke("route", "-c", file, "--channel", "web").output

    assert "Hedge: a provider that keeps it unanswered for 550ms" in output
    assert "in an operative provider's hands within 5s" in output


def test_a_time_without_zone_is_the_machines(file: Path) -> None:
    local = invoke("route", "-c", file, "--channel", "web", "--at", NIGHT)
    given = invoke("route", "-c", file, "--channel", "web", "--at", f"{NIGHT}+05:00")

    assert local.output.startswith("At 2026-12-24 03:00:00")
    assert ", the time zone of this machine)." in local.output.splitlines()[0]
    assert given.output.splitlines()[0] == "At 2026-12-24 03:00:00+05:00."


def test_a_ticket_that_fits_no_policy_goes_by_the_last(tmp_path: Path) -> None:
    file = write_configuration(tmp_path, ("- name: default", "- name: default\n    match: {channels: [web]}"))

    output = invoke("route", "-c", file, "--channel", "email").output

    assert "Note: no channel email is configured; there are: web." in output
    assert ["default", "no", "is", "for", "the", "channels", "web"] in rows(output)
    assert ["default", "yes", "the", "last", "policy", "takes", "what", "fits", "no", "other"] in rows(output)


@pytest.mark.parametrize(
    ("option", "value", "problem"),
    [
        ("--at", "tomorrow", "a time is needed, such as 2026-12-24T03:00"),
        ("--at", "0001-01-01T00:00+14:00", "a time is needed"),
        ("--down", "nort", "no provider is called nort; there are: acme, norte"),
        ("--priority", "soon", "'soon' is not one of"),
    ],
)
def test_what_cant_be_is_refused(file: Path, option: str, value: str, problem: str) -> None:
    result = invoke("route", "-c", file, "--channel", "web", option, value)

    assert result.exit_code == 2
    assert problem in result.stderr


class TestPhones:
    """Of a voice channel: whose phone rings while the caller listens."""

    @pytest.fixture
    def line(self, tmp_path: Path) -> Path:
        return write_configuration(tmp_path, *WITH_PHONE, HOURS)

    def test_those_in_service_are_dialled_in_order(self, line: Path) -> None:
        day = invoke("route", "-c", line, "--channel", "phone", "--at", "2026-12-24T12:00+01:00")

        assert ["1", "acme", "+34910000001", "now", "up"] in rows(day.output)
        assert ["2", "norte", "+34910000002", "now", "up"] in rows(day.output)
        assert "acme is dialled first." in day.output

    def test_a_closed_desk_is_a_machine_and_one_that_is_down_is_mute(self, line: Path) -> None:
        night = invoke("route", "-c", line, "--channel", "phone", "--at", f"{NIGHT}+01:00")
        nobody = invoke("route", "-c", line, "--channel", "phone", "--at", f"{NIGHT}+01:00", "--down", "norte")

        assert ["2", "acme", "not", "closed", "at", "this", "hour"] in rows(night.output)
        assert "norte is dialled first." in night.output
        assert ["2", "norte", "not", "down:", "as", "--down", "says"] in rows(nobody.output)
        assert "Nobody is dialled:" in nobody.output

    def test_other_channels_have_no_phone(self, line: Path) -> None:
        assert "dialled" not in invoke("route", "-c", line, "--channel", "web").output
