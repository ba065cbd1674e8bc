"""Alive, ready, measured."""

import pytest

from gateway.metrics import Metrics
from tests.support.ops import OpsSite


async def test_alive() -> None:
    async with OpsSite().running() as client, client.get("/healthz") as response:
        assert response.status == 200


async def test_ready() -> None:
    async with OpsSite().running() as client, client.get("/readyz") as response:
        assert response.status == 200
        told = await response.json()
    assert told["ready"] is True
    assert {"name": "store", "ok": True, "reason": None} in told["checks"]


async def test_not_ready_tells_why() -> None:
    site = OpsSite(not_ready={"store": "the disk is full", "engine": None})
    async with site.running() as client, client.get("/readyz") as response:
        assert response.status == 503
        assert await response.json() == {
            "ready": False,
            "checks": [
                {"name": "store", "ok": False, "reason": "the disk is full"},
                {"name": "engine", "ok": True, "reason": None},
            ],
        }


async def test_what_is_worth_telling_makes_nobody_unready() -> None:
    site = OpsSite(not_ready={"store": None}, remarks={"spool": "the store is away"})
    async with site.running() as client, client.get("/readyz") as response:
        assert response.status == 200
        assert (await response.json())["checks"][1] == {"name": "spool", "ok": True, "reason": "the store is away"}


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("*/*", "text/plain"),
        ("application/openmetrics-text; version=1.0.0", "application/openmetrics-text"),
        ("application/openmetrics-text; version=abc", "text/plain"),
        (";;;,=", "text/plain"),
    ],
)
async def test_metrics_in_the_form_that_is_asked_for(accept: str, content_type: str) -> None:
    metrics = Metrics()
    metrics.set_counts({"tickets_waiting": 3})
    site = OpsSite(registry=metrics.registry)
    async with site.running() as client, client.get("/metrics", headers={"Accept": accept}) as response:
        assert response.status == 200
        assert response.content_type == content_type
        text = await response.text()
    assert "relevo_tickets_waiting 3.0" in text
    assert text.endswith("# EOF\n") == (content_type == "application/openmetrics-text")
