"""`/t/{token}/attachments/{message}/{number}`: a file of the conversation, for whoever may see the requester's page."""

from aiohttp import web

from channels.channel import ChannelContext
from gateway.core.download import attachment_at, send_attachment
from gateway.core.problems import NOT_FOUND, Problem
from gateway.core.turns import Turns

ATTACHMENT_PATH = "/t/{token}/attachments/{message:[0-9]{1,9}}/{number:[0-9]{1,3}}"


class AttachmentDownload:
    """The files of one web channel's tickets."""

    def __init__(self, context: ChannelContext, turns: Turns) -> None:
        self._context = context
        self._turns = turns

    async def send(self, request: web.Request) -> web.StreamResponse:
        """The content. A wrong token, and a file of another ticket, are answered like what was never there (T33)."""
        ticket_id = self._context.signer.verify(request.match_info["token"])
        async with self._turns.one(request):
            case = await self._context.reads.ticket(ticket_id) if ticket_id else None
        wanted = int(request.match_info["message"])
        message = next((each for each in case.messages if each.number == wanted), None) if case else None
        if message is None:
            raise Problem(NOT_FOUND)
        attachment = attachment_at(message.attachments, int(request.match_info["number"]))
        return await send_attachment(request, self._context.blobs, attachment, may_show=True)
