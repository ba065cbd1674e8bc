"""What is started for a measurement is what the report says of it."""

from pathlib import Path

import pytest

from channels.web.settings import WebSettings
from gateway.app.configuration import RelevoConfig, assess, load_configuration
from gateway.core.ticket import Priority
from gateway.demo.configuration import new_secret, secret_variable
from routing.policy.match import matching
from tests.bench.configuration import DESKS, ONE_PRIMARY, Routes, write_configuration
from tests.bench.takeover.haproxy import Checks, configuration

PORTS = {"public": 15001, "ops": 15002, "acme": 15003, "norte": 15004}


def loaded(folder: Path, routes: Routes) -> RelevoConfig:
    file = folder / "relevo.yaml"
    write_configuration(file, PORTS, folder / "relevo.db", routes)
    return load_configuration(file, {secret_variable(desk): new_secret() for desk in DESKS})


@pytest.mark.parametrize("routes", [ONE_PRIMARY, Routes(by_language=True), Routes(hold=3.0, ramp=2.0)])
def test_every_contract_can_be_kept_and_nobody_here_is_slowed(tmp_path: Path, routes: Routes) -> None:
    config = loaded(tmp_path, routes)

    assert assess(config, 0.0).met
    web = config.channels["web"].settings
    assert isinstance(web, WebSettings)
    assert web.rates.trusted == ("127.0.0.0/8",)


def test_both_desks_get_tickets_where_they_are_shared_by_language(tmp_path: Path) -> None:
    policies = loaded(tmp_path, Routes(by_language=True)).policies

    chosen = [matching(policies, "web", language, None, Priority.NORMAL) for language in ("es", "en", None)]
    assert [policy.providers for policy in chosen if policy] == [DESKS, DESKS[::-1], DESKS[::-1]]


@pytest.mark.parametrize("checks", Checks)
def test_haproxy_has_one_primary_and_checks_its_health(checks: Checks) -> None:
    lines = configuration(checks, 15005, 15006, {"acme": 15003, "norte": 15004}).splitlines()

    servers = [line.strip() for line in lines if line.strip().startswith("server ")]
    assert servers == ["server acme 127.0.0.1:15003", "server norte 127.0.0.1:15004 backup"]
    assert "    option httpchk GET /health" in lines
    assert ("observe layer7" in "\n".join(lines)) is (checks is Checks.TUNED)
