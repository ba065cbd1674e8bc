"""How the service stands: providers, policies, takeovers; and putting a changed configuration into force."""

from aiohttp import web
from pydantic import Field

from gateway.core.errors import ConfigError
from gateway.core.problems import INVALID, FieldError, Problem
from gateway.web.access import actor
from gateway.web.operation import NoQuery, Query, answer
from gateway.web.ops import Ops
from gateway.web.shapes import (
    PolicyList,
    PolicyShape,
    ProviderList,
    ProviderShape,
    Reloaded,
    TakeoverList,
    TakeoverShape,
)


class TakeoversQuery(Query):
    """Which takeovers."""

    open: bool = Field(False, description="Only those that have not ended.")
    limit: int = Field(50, ge=1, le=200)


async def list_providers(ops: Ops, _request: web.Request, _query: NoQuery) -> web.Response:
    return answer(ProviderList(providers=[ProviderShape.model_validate(each) for each in ops.status.providers()]))


async def list_policies(ops: Ops, _request: web.Request, _query: NoQuery) -> web.Response:
    serving = ops.status.policies()
    policies = [
        PolicyShape(
            name=policy.name,
            providers=policy.providers,
            serving=serving.get(policy.name),
            takeover_within=policy.takeover_within,
            hedge_after=policy.hedge_after,
            bounds=dict(policy.bounds),
        )
        for policy in ops.policies()
    ]
    return answer(PolicyList(policies=policies))


async def list_takeovers(ops: Ops, _request: web.Request, query: TakeoversQuery) -> web.Response:
    takeovers = await ops.reads.takeovers(open_only=query.open, limit=query.limit)
    return answer(TakeoverList(takeovers=[TakeoverShape.model_validate(each) for each in takeovers]))


async def reload(ops: Ops, request: web.Request, _query: NoQuery) -> web.Response:
    """All or nothing: a configuration with a problem changes nothing."""
    try:
        digest = await ops.reloader.reload(actor(ops, request))
    except ConfigError as error:
        problems = [FieldError("", line) for line in str(error).splitlines()]
        raise Problem(
            INVALID, "The configuration was not accepted; the one before stays in force. See errors.", errors=problems
        ) from error
    return answer(Reloaded(digest=digest))
