"""First aid that worked: a friendly end, and no ticket."""

from aiohttp import web

from channels.channel import ChannelContext
from channels.web.categories import Categories
from channels.web.pages import Pages, refuse_cross_site, see
from channels.web.settings import WebSettings

SOLVED_PATH = "/solved"


class FirstAid:
    """What stands behind the button “That solved it”."""

    def __init__(self, settings: WebSettings, context: ChannelContext, pages: Pages) -> None:
        self._categories = Categories(settings.categories)
        self._context = context
        self._pages = pages

    async def count(self, request: web.Request) -> web.Response:
        """303 to the page that says so; the category is in the address, since the form has no field."""
        refuse_cross_site(request)
        category = self._categories.get(request.query.get("category"))
        if category:
            self._context.measurements.first_aid_helped(self._context.name, category.id)
        visit = self._pages.visits.of(request)
        raise see(visit, f"{self._pages.base}{SOLVED_PATH}{visit.query()}")

    async def show(self, request: web.Request) -> web.Response:
        return self._pages.render("solved.html", self._pages.visits.of(request))
