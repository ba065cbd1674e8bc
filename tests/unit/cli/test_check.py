"""`relevo check`: the sums, the verdict, and what is wrong in a file."""

import json
from pathlib import Path

import pytest

from tests.support.command import WITH_PHONE, invoke, write_configuration

SHORT = ("takeover_within: 5s", "takeover_within: 3s")


def test_a_contract_that_can_be_met(tmp_path: Path) -> None:
    result = invoke("check", "-c", write_configuration(tmp_path))

    assert result.exit_code == 0
    assert "policy default: a takeover within 5s can be met" in result.output
    assert "hedge: 550ms, the longest that the contract leaves" in result.output
    assert "Every contract can be met." in result.output


def test_each_bound_is_printed_with_terms_symbols_and_assumptions(tmp_path: Path) -> None:
    lines = invoke("check", "-c", write_configuration(tmp_path)).output.splitlines()

    assert "one ticket, at norte                                    5s       =" in lines
    assert "  wait before the first attempt                         100ms    q" in lines
    for title in ("detection of silence, acme", "detection of errors, norte", "rescue, norte"):
        assert any(line.startswith(title) for line in lines), title
    assert "  - event loop and commits lag at most 250ms" in lines
    assert any("at norte: the last waits 2s" in line for line in lines)


def test_a_pick_up_promise_has_its_bound(tmp_path: Path) -> None:
    file = write_configuration(tmp_path, ("takeover_within: 5s", "takeover_within: 5s\n    pick_up_within: 10m"))

    assert "silent death, norte" in invoke("check", "-c", file).output


def test_a_contract_that_cant_be_met_ends_with_1_and_names_the_knob(tmp_path: Path) -> None:
    result = invoke("check", "-c", write_configuration(tmp_path, SHORT))

    assert result.exit_code == 1
    assert "why: a ticket may take 4.55s, and 3s are promised" in result.output
    assert "the tightest knob: " in result.output
    assert "A contract can't be met: default." in result.output


def test_a_policy_without_backup_has_no_knob(tmp_path: Path) -> None:
    result = invoke("check", "-c", write_configuration(tmp_path, ("[acme, norte]", "[acme]")))

    assert result.exit_code == 1
    assert "there is no backup" in result.output
    assert "no single setting is enough" in result.output


def test_warnings_are_printed(tmp_path: Path) -> None:
    file = write_configuration(tmp_path, ("secret: {env: NORTE_SECRET}", "secret: {env: NORTE_SECRET}\n    rate: 5"))

    result = invoke("check", "-c", file)

    assert "Warnings:\n  - norte takes 5 tickets a second and acme 50" in result.output


class TestPhone:
    def test_how_long_callers_wait_is_printed_with_its_terms(self, tmp_path: Path) -> None:
        result = invoke("check", "-c", write_configuration(tmp_path, *WITH_PHONE))
        lines = result.output.splitlines()

        assert result.exit_code == 0
        assert "channel phone: a phone rings within 1m at the desk that answers" in lines
        assert "  desks of policy default: acme, norte" in lines
        assert any(line.startswith("  acme rings in vain") and line.endswith("23s      S + t + c") for line in lines)
        assert any(
            line.startswith("Policy default, where each webhook takes as long as Twilio bears") for line in lines
        )
        assert "  - a voice says 12 characters a second" in lines

    def test_one_that_waits_too_long_ends_with_1_and_names_the_knob(self, tmp_path: Path) -> None:
        file = write_configuration(tmp_path, *WITH_PHONE, ("answer_within: 60s", "answer_within: 50s"))
        result = invoke("check", "-c", file)

        assert result.exit_code == 1
        assert "channel phone: that a phone rings within 50s can't be promised" in result.output
        assert "A contract can't be met: phone." in result.output

    def test_only_policies_that_can_get_a_call_count(self, tmp_path: Path) -> None:
        other = """  - {name: web, match: {channels: [web]}, providers: [sur, norte], takeover_within: 5s}
  - {name: english, match: {languages: [en]}, providers: [sur, norte], takeover_within: 5s}
  - name: default"""
        sur = """  sur:
    type: webhook
    url: http://127.0.0.1:9/tickets
    allow_private: true
    secret: {env: ACME_SECRET}
    health: {url: http://127.0.0.1:9/health}
policies:
"""
        changes = (*WITH_PHONE, ("  - name: default", other), ("policies:\n", sur))
        told = json.loads(invoke("check", "--json", "-c", write_configuration(tmp_path, *changes)).output)
        (line,) = told["lines"]
        assert [(each["name"], each["desks"]) for each in line["policies"]] == [("default", ["acme", "norte"])]

        both = (*changes, ("answer_within: 60s", "languages: [es, en]"))
        (line,) = json.loads(invoke("check", "--json", "-c", write_configuration(tmp_path, *both)).output)["lines"]
        assert {each["name"] for each in line["policies"]} == {"english", "default"}

    def test_json_says_the_same(self, tmp_path: Path) -> None:
        file = write_configuration(tmp_path, *WITH_PHONE, ("answer_within: 60s", "answer_within: 50s"))
        result = invoke("check", "--json", "-c", file)
        told = json.loads(result.output)
        (line,) = told["lines"]
        (policy,) = line["policies"]

        assert result.exit_code == 1
        assert (told["met"], line["met"], line["channel"], line["answer_within"]) == (False, False, "phone", 50)
        assert policy["typical"]["seconds"] == pytest.approx(
            sum(each["seconds"] for each in policy["typical"]["terms"])
        )
        assert policy["slowest"]["seconds"] > policy["typical"]["seconds"]
        assert line["problem"].startswith("by policy default a caller may wait")


@pytest.mark.parametrize(("change", "exit_code"), [(("5s", "5s"), 0), (SHORT, 1)])
def test_json_says_the_same(tmp_path: Path, change: tuple[str, str], exit_code: int) -> None:
    result = invoke("check", "--json", "-c", write_configuration(tmp_path, change))

    assert result.exit_code == exit_code
    told = json.loads(result.output)
    (policy,) = told["policies"]
    ticket = policy["backups"][0]["ticket"]
    assert told["met"] is policy["met"] is (exit_code == 0)
    assert ticket["seconds"] == pytest.approx(sum(term["seconds"] for term in ticket["terms"]))
    assert [term["symbol"] for term in ticket["terms"]] == ["q", "h", "F", "D_b", "e", "D_b + restart + F"]
    assert ticket["assumptions"]
    assert (policy["knob"] is None) is (exit_code == 0)
    assert {each["name"] for each in policy["providers"]} == {"acme", "norte"}
    assert told["notes"]


def test_problems_of_the_file_are_lines_with_their_places(tmp_path: Path) -> None:
    file = write_configuration(
        tmp_path, ("takeover_within: 5s", "takeover_within: 5"), ("type: web}", "type: web, kolor: red}")
    )

    result = invoke("check", "-c", file)

    assert result.exit_code == 2
    assert result.stdout == ""
    first, second = result.stderr.splitlines()
    assert first.startswith(f"{file}:6:20: channels.web.kolor: ")
    assert second.startswith(f"{file}:23:22: policies[0].takeover_within: ")


def test_a_missing_file_and_a_missing_secret_are_named(tmp_path: Path) -> None:
    file = write_configuration(tmp_path)
    missing = invoke("check", "-c", tmp_path / "other.yaml")
    secret = invoke("check", "-c", file, environment={"NORTE_SECRET": None})

    assert missing.exit_code == secret.exit_code == 2
    assert missing.stderr == f"{tmp_path}/other.yaml: can't be read: No such file or directory\n"
    assert "providers.norte.secret: the environment variable NORTE_SECRET is not set" in secret.stderr


def test_it_speaks_spanish(tmp_path: Path) -> None:
    spanish = {"LC_ALL": "es_ES.UTF-8"}
    rate = ("secret: {env: NORTE_SECRET}", "secret: {env: NORTE_SECRET}\n    rate: 5")
    met = invoke("check", "-c", write_configuration(tmp_path, rate), environment=spanish).output
    broken = invoke("check", "-c", write_configuration(tmp_path, SHORT), environment=spanish).output

    assert "política default: un relevo en menos de 5s se puede cumplir" in met
    assert "una solicitud, en norte" in met
    assert "  un intento en norte" in met
    assert "  - el bucle de eventos y las escrituras se retrasan como mucho 250ms" in met
    assert "Avisos:\n  - norte toma 5 solicitudes por segundo y acme, 50" in met
    assert "por qué: una solicitud puede tardar 4.55s, y se han prometido 3s" in broken
    assert "el ajuste mínimo: providers.norte.timeout: 225ms en lugar de 1s" in broken
