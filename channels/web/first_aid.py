"""First aid that worked: a friendly end, and no ticket."""

from aiohttp import web

from channels.channel import ChannelContext
from channels.web.categories import Categories
from channels.web.drafts import too_many
from channels.web.pages import Pages, refuse_cross_site, see
from channels.web.settings import WebSettings
from channels.web.throttle import Step, Throttle
from gateway.core.addresses import client_address
from gateway.core.turns import Turns

SOLVED_PATH = "/solved"


class FirstAid:
    """What stands behind the button “That solved it”."""

    def __init__(
        self, settings: WebSettings, context: ChannelContext, pages: Pages, throttle: Throttle, turns: Turns
    ) -> None:
        self._categories = Categories(settings.categories)
        self._context = context
        self._pages = pages
        self._throttle = throttle
        self._turns = turns

    async def count(self, request: web.Request) -> web.Response:
        """303 to the page that says so; the category is in the address, since the form has no field. Raises Problem."""
        refuse_cross_site(request)
        pace = self._throttle.pace(client_address(request), self._context.clock.now())
        if pace.step is Step.REFUSE:
            raise too_many(pace.seconds)
        category = self._categories.get(request.query.get("category"))
        if category:
            self._context.measurements.first_aid_helped(self._context.name, category.id)
        visit = self._pages.visits.of(request)
        raise see(visit, f"{self._pages.base}{SOLVED_PATH}{visit.query()}")

    async def show(self, request: web.Request) -> web.Response:
        async with self._turns.one(request):
            return self._pages.render("solved.html", self._pages.visits.of(request))
