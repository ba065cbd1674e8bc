"""The ops API's client: it asks, and says plainly why there is no answer."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from http import HTTPStatus
from typing import Any, Self

import aiohttp
from yarl import URL

from gateway.core.clock import Instant
from gateway.core.errors import RelevoError
from gateway.core.provider import Takeover
from gateway.core.texts import Saying, mark

_WITHIN = 15.0
_LARGEST_PAGE = 200
_LARGEST_EVENT_PAGE = 1000


class OpsError(RelevoError):
    """The gateway did not do what was asked; the text is one sentence for the person who asked."""


class NotRunning(OpsError):
    """Nothing answers at the address."""


class WrongToken(OpsError):
    """The gateway wants a token, or another one."""


class OpsClient:
    """Asks the running gateway at `url` (its ops listener). Use it as an asynchronous context manager.

    Every method raises OpsError: NotRunning (also after `within` seconds), WrongToken, or itself with the reason that
    the gateway gave.
    """

    def __init__(self, url: str, token: str | None = None, *, within: float = _WITHIN) -> None:
        self._url = URL(url.rstrip("/"))
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._within = within

    async def __aenter__(self) -> Self:
        timeout = aiohttp.ClientTimeout(total=self._within)
        self._session = aiohttp.ClientSession(headers=self._headers, timeout=timeout, trust_env=False)
        return self

    async def __aexit__(self, *_raised: object) -> None:
        await self._session.close()

    async def why_not_ready(self) -> dict[str, str]:
        """Why it can't keep its promises now: the reason of each check that fails, by its name; none where it can."""
        _status, told = await self._request("GET", "/readyz")
        return {check["name"]: check["reason"] for check in _member(_object(told), "checks") if not check["ok"]}

    async def providers(self) -> list[dict[str, Any]]:
        """Each provider's name, state, reason, since and share."""
        return await self._list("/api/v1/providers", "providers")

    async def policies(self) -> list[dict[str, Any]]:
        """Each policy with its providers, who serves it, and its bounds."""
        return await self._list("/api/v1/policies", "policies")

    async def takeovers(self, *, open_only: bool = False) -> list[dict[str, Any]]:
        """The evidence, newest first."""
        return await self._list("/api/v1/takeovers", "takeovers", {"open": str(open_only).lower()})

    async def tickets(
        self, *, state: str | None = None, before: str | None = None, limit: int = 50
    ) -> tuple[list[dict[str, Any]], str | None]:
        """One page, newest first, and the `before` of the next."""
        given = {"state": state, "before": before, "limit": str(limit)}
        page = await self._ask("GET", "/api/v1/tickets", {key: value for key, value in given.items() if value})
        tickets: list[dict[str, Any]] = _member(page, "tickets")
        return tickets, page.get("next")

    async def every_ticket(self, *, state: str | None = None) -> list[dict[str, Any]]:
        """All pages, newest first."""
        every, before = await self.tickets(state=state, limit=_LARGEST_PAGE)
        while before is not None:
            page, before = await self.tickets(state=state, before=before, limit=_LARGEST_PAGE)
            every += page
        return every

    async def ticket(self, reference: str) -> dict[str, Any]:
        """One ticket with its hand-offs and conversation."""
        return await self._ask("GET", f"/api/v1/tickets/{_segment(reference)}")

    async def overdue(self) -> list[dict[str, Any]]:
        """Tickets past their contracted time, with the reasons."""
        return await self._list("/api/v1/overdue", "overdue")

    async def quarantine(self) -> list[dict[str, Any]]:
        """What a person has to look at."""
        return await self._list("/api/v1/quarantine", "quarantine")

    async def replay(self, item: str) -> None:
        """Send a quarantined item on its way again."""
        await self._ask("POST", f"/api/v1/quarantine/{_segment(item)}/replay")

    async def replay_mails(self, *, channel: str | None = None, reason: str | None = None) -> int:
        """Have the quarantined mails (of that channel, with that in their reason) read again; how many."""
        given = {"channel": channel, "reason": reason}
        query = {name: value for name, value in given.items() if value is not None}
        mails: int = _member(await self._ask("POST", "/api/v1/quarantine/replay", query), "mails")
        return mails

    async def quarantined_mail(self, item: str) -> bytes:
        """A mail that could not be read, as it came."""
        status, told = await self._request("GET", f"/api/v1/quarantine/{_segment(item)}/mail", whole=True)
        if status != HTTPStatus.OK:
            raise self._refusal(status, told)
        content: bytes = told
        return content

    async def discard(self, item: str) -> None:
        """Take a quarantined item out for good."""
        await self._ask("DELETE", f"/api/v1/quarantine/{_segment(item)}")

    async def events(self, after: int = 0, limit: int = _LARGEST_EVENT_PAGE) -> list[dict[str, Any]]:
        """A page of the event stream behind that id, oldest first, as CloudEvents."""
        query = {"after": str(after), "limit": str(limit)}
        status, told = await self._request("GET", "/api/v1/events", query)
        if status != HTTPStatus.OK:
            raise self._refusal(status, told)
        if not isinstance(told, list):
            raise _something_else()
        return told

    async def last_event(self) -> int:
        """The id of the newest event, or one a little before it; 0 where there is none. The stream is read forward
        only: so its end is looked for by doubling, then by halving."""
        first, last = 0, 1
        while page := await self.events(last, 1):
            first = int(page[0]["id"])
            last = 2 * first
        while last - first > 1:
            middle = (first + last) // 2
            if page := await self.events(middle, 1):
                first = int(page[0]["id"])
            else:
                last = middle
        return first

    async def reload(self) -> str:
        """Put the changed configuration into force; its digest."""
        digest: str = _member(await self._ask("POST", "/-/reload"), "digest")
        return digest

    async def _list(self, path: str, name: str, query: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = _member(await self._ask("GET", path, query), name)
        return items

    async def _ask(self, method: str, path: str, query: Mapping[str, str] | None = None) -> dict[str, Any]:
        status, told = await self._request(method, path, query)
        if status == HTTPStatus.OK:
            return _object(told)
        if status == HTTPStatus.NO_CONTENT:
            return {}
        raise self._refusal(status, told)

    def _refusal(self, status: int, told: Any) -> OpsError:
        if status == HTTPStatus.UNAUTHORIZED:
            return WrongToken(
                Saying("the token is not the one that gateway.ops.token names at {url}", url=self._url)
                if self._headers
                else Saying("a token is needed: give the one that gateway.ops.token names at {url}", url=self._url)
            )
        problem = _object(told)
        flaws = [str(flaw.get("detail")) for flaw in problem.get("errors", ())]
        return OpsError("\n".join([_member(problem, "detail"), *flaws]))

    async def _request(
        self, method: str, path: str, query: Mapping[str, str] | None = None, *, whole: bool = False
    ) -> tuple[int, Any]:
        """The status, and what the JSON of the answer says; None where there is none to say. With `whole` a good answer
        is taken as it is."""
        url = self._url.join(URL(path, encoded=True))
        try:
            async with self._session.request(method, url, params=query, allow_redirects=False) as response:
                if response.status == HTTPStatus.NO_CONTENT:
                    return response.status, None
                if whole and response.status == HTTPStatus.OK:
                    return response.status, await response.read()
                return response.status, await response.json(content_type=None)
        except aiohttp.ClientConnectorError as error:
            sentence = mark("nothing answers at {url}: is Relevo running there? ({reason})")
            raise NotRunning(Saying(sentence, url=self._url, reason=error.strerror)) from error
        except TimeoutError as error:
            raise NotRunning(
                Saying("{url} did not answer within {seconds} seconds", url=self._url, seconds=f"{self._within:g}")
            ) from error
        except (aiohttp.ClientError, ValueError) as error:
            raise _something_else() from error


def as_takeover(told: Mapping[str, Any]) -> Takeover:
    """The evidence of a takeover, as the core has it, from what the API tells."""
    facts: dict[str, Any] = {field.name: told[field.name] for field in fields(Takeover)}
    return Takeover(**facts | {name: as_instant(value) for name, value in facts.items() if name.endswith("_at")})


def as_instant(told: str | None) -> Instant | None:
    """An instant of the API, where there is one."""
    return None if told is None else datetime.fromisoformat(told).timestamp()


def _object(told: Any) -> dict[str, Any]:
    if not isinstance(told, dict):
        raise _something_else()
    return told


def _member(told: dict[str, Any], name: str) -> Any:
    if name not in told:
        raise _something_else()
    return told[name]


def _something_else() -> OpsError:
    return OpsError(Saying("what answers there is not Relevo's ops API: is the address right?"))


def _segment(text: str) -> str:
    """One segment of a path, whatever the text holds."""
    return URL.build(path=f"/{text.replace('/', '')}").raw_path.removeprefix("/")
