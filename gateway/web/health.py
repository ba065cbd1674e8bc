"""Open to all: is the process alive, is it ready, and its metrics."""

from aiohttp import web
from prometheus_client.exposition import choose_encoder

from gateway.web.operation import AnyQuery, answer
from gateway.web.ops import Ops
from gateway.web.shapes import Alive, CheckResult, Readiness


async def alive(_ops: Ops, _request: web.Request, _query: AnyQuery) -> web.Response:
    """200 as long as the event loop turns."""
    return answer(Alive())


async def ready(ops: Ops, _request: web.Request, _query: AnyQuery) -> web.Response:
    """200 when every check passes, else 503, with the reason of each."""
    reasons = {name: check() for name, check in ops.checks.items()}
    checks = [CheckResult(name=name, ok=reason is None, reason=reason) for name, reason in reasons.items()]
    checks += [CheckResult(name=name, ok=True, reason=remark()) for name, remark in ops.remarks.items()]
    readiness = Readiness(ready=all(check.ok for check in checks), checks=checks)
    return answer(readiness, status=200 if readiness.ready else 503)


async def metrics(ops: Ops, request: web.Request, _query: AnyQuery) -> web.Response:
    """The registry, in the form that the client prefers: Prometheus text or OpenMetrics."""
    accepted = ",".join(request.headers.getall("Accept", ()))
    try:
        encode, content_type = choose_encoder(accepted)
    except (TypeError, ValueError):  # what the library does with a version that is no number
        encode, content_type = choose_encoder("")
    response = web.Response(body=encode(ops.registry), headers={"Content-Type": content_type})
    response.enable_compression()
    return response
