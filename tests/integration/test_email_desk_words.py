"""What a desk's mail shows of itself stays with the raw mail: through a real channel, up to what the requester gets."""

from gateway.core.reference import show_reference
from gateway.core.ticket import Direction
from tests.support.mail_channel import ADDRESS, mail_rig
from tests.support.mails_to_us import opened
from tests.support.raw_mail import encoded, multipart, raw_mail

SUR = "desk@sur.example"


async def test_a_desks_number_addresses_links_logo_and_our_tokens_stay_behind() -> None:
    async with mail_rig() as rig:
        ticket = await opened(rig)
        await rig.hand_over(ticket, number="77")
        token = rig.reply_address(ticket, "sur")
        fields = (f"From: Eva of Sur <{SUR}>", f"To: {token}", "Subject: Re: printer")
        said = f"[SUR#77] is with us.\nWrite to {SUR} or {token}.\n\nhttps://help.sur.example/t/77"
        html = (
            '<p>See: <img src="cid:shot@x"></p><p>[SUR#77] is with us.<br>Write.</p>'
            '<p>https://help.sur.example/t/77</p><img src="cid:logo@x">'
        )
        bodies = multipart(
            "alternative",
            raw_mail("Content-Type: text/plain", body=said),
            raw_mail("Content-Type: text/html", body=html),
        )
        inline = 'Content-Disposition: inline; filename="{}.png"'
        pictures = [
            encoded("image/png", b"\x89PNG\r\n\x1a\n", f"Content-ID: <{name}@x>", inline.format(name))
            for name in ("shot", "logo")
        ]
        within = raw_mail("Content-Type: message/rfc822", body="From: eva@sur.example\n\nx")
        assert await rig.take(multipart("mixed", bodies, *pictures, within, fields=fields)) == "report"
        answer = next(each for each in await rig.messages(ticket) if each.direction is Direction.OUTBOUND)
    assert answer.body == f"{show_reference(ticket.reference)} is with us.\nWrite to {ADDRESS} or {ADDRESS}."
    assert [each.name for each in answer.attachments] == ["shot.png"]
