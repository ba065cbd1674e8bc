"""The demo's postbox over real HTTP and SMTP: what arrives is shown and harmless, what is written reaches Relevo."""

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp
import aiosmtplib
import pytest

from channels.email.composing import Outgoing, OutgoingFile, compose
from channels.email.mail import Mail
from channels.email.parsing import Limits, parse
from gateway.core.clock import SystemClock
from gateway.core.settings import Listen
from gateway.demo.postbox.app import Postbox, PostboxOptions, running
from gateway.demo.postbox.page import Surroundings
from tests.support.smtp_peers import Script, smtp_peer

HELP = "help@example.org"
ANA = "ana@example.net"
HOSTILE = "</pre><script>alert(1)</script>"


@dataclass
class Setting:
    """A postbox, and an SMTP server in Relevo's place."""

    postbox: Postbox
    relevo: Script
    session: aiohttp.ClientSession

    async def arrive(self, **given: object) -> None:
        values = {"sender": HELP, "sender_name": "Help", "recipient": ANA, "subject": "Re: printer", "text": "Hello"}
        mail = Outgoing(**{**values, "message_id": "<1@x>", "date": 0.0, **given})  # type: ignore[arg-type]
        await aiosmtplib.send(
            compose(mail),
            sender=HELP,
            recipients=[ANA],
            hostname="127.0.0.1",
            port=self.postbox.smtp_port,
            start_tls=False,
        )

    async def get(self, path: str, **options: object) -> tuple[int, str]:
        async with self.session.get(self.postbox.url + path, **options) as response:  # type: ignore[arg-type]
            return response.status, await response.text()

    async def post(self, path: str, files: dict[str, bytes] | None = None, **fields: str) -> tuple[int, str]:
        form = aiohttp.FormData({"name": "Ana", "address": ANA, "subject": "printer", "text": "It burns.", **fields})
        for name, content in (files or {"": b""}).items():
            form.add_field("files", content, filename=name, content_type="text/plain")
        async with self.session.post(self.postbox.url + path, data=form) as response:
            return response.status, await response.text()

    def taken(self) -> Mail:
        """The one mail that Relevo got."""
        (arrived,) = self.relevo.mails
        return parse(arrived.content, Limits())


@asynccontextmanager
async def setting(**script: object) -> AsyncIterator[Setting]:
    headers = {"Accept-Language": "en"}
    async with smtp_peer(Script(**script)) as relevo:  # type: ignore[arg-type]
        surroundings = Surroundings(HELP, {"acme": "http://127.0.0.1:9101/"})
        options = PostboxOptions(0, 0, Listen(host="127.0.0.1", port=relevo.port), surroundings)
        async with running(options, SystemClock()) as postbox, aiohttp.ClientSession(headers=headers) as session:
            yield Setting(postbox, relevo.script, session)


async def test_a_mail_that_arrives_is_listed_and_shown_with_its_files() -> None:
    async with setting() as here:
        assert "No mail has come yet." in (await here.get("/"))[1]
        await here.arrive(html="<p>Hello</p>", files=(OutgoingFile("a b.txt", "text/plain", b"content"),))
        assert '<a href="/mails/1?lang=en">Re: printer</a>' in (await here.get("/"))[1]
        status, page = await here.get("/mails/1")
        assert status == 200
        assert '<pre class="text">Hello' in page
        assert '<iframe class="html" sandbox src="/mails/1/html"' in page
        assert await here.get("/mails/1/html") == (200, "<p>Hello</p>\r\n")
        async with here.session.get(here.postbox.url + "/mails/1/files/0") as response:
            assert await response.read() == b"content"
            assert response.headers["Content-Disposition"] == "attachment; filename*=UTF-8''a%20b.txt"
            assert response.headers["Content-Type"] == "application/octet-stream"
        assert "Message-ID: <1@x>" in (await here.get("/mails/1/source"))[1]


@pytest.mark.parametrize(
    "path", ["/mails/2", "/mails/1/files/1", "/mails/1/files/-1", "/mails/x", "/mails/1/files/99999"]
)
async def test_what_is_not_there_is_not_found(path: str) -> None:
    async with setting() as here:
        await here.arrive(files=(OutgoingFile("a.txt", "text/plain", b"content"),))
        assert (await here.get(path))[0] == 404


async def test_t03_what_strangers_write_is_shown_as_text_and_their_html_is_kept_in() -> None:
    async with setting() as here:
        await here.arrive(subject=HOSTILE, sender_name=HOSTILE, text=HOSTILE, html=HOSTILE)
        for path in ("/", "/mails/1"):
            _, page = await here.get(path)
            assert "<script>alert" not in page
            assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
        async with here.session.get(here.postbox.url + "/mails/1/html") as response:
            policy = response.headers["Content-Security-Policy"]
            assert {"sandbox", "default-src 'none'"} <= {each.strip() for each in policy.split(";")}
        async with here.session.get(here.postbox.url + "/") as response:
            assert "unsafe" not in response.headers["Content-Security-Policy"]


async def test_a_letter_reaches_relevo_with_its_files() -> None:
    async with setting() as here:
        status, page = await here.post("/letters", {"smoke.txt": b"smoke"}, subject="prínter")
        assert (status, "Its confirmation will be here in a moment." in page) == (200, True)
        assert (here.relevo.mails[0].sender, here.relevo.mails[0].recipients) == (ANA, (HELP,))
        mail = here.taken()
        assert (mail.subject, mail.text.strip(), mail.sender[0].name) == ("prínter", "It burns.", "Ana")
        assert [(each.name, each.content) for each in mail.files] == [("smoke.txt", b"smoke")]


async def test_a_form_without_a_file_sends_none() -> None:
    async with setting() as here:
        await here.post("/letters")
        assert here.taken().files == ()


async def test_an_answer_goes_where_the_mail_asks_for() -> None:
    async with setting() as here:
        await here.arrive(reply_to="help+token@example.org")
        status, page = await here.post("/mails/1/answers", text="Still burning.")
        assert (status, "Relevo has your answer" in page) == (200, True)
        assert here.relevo.mails[0].recipients == ("help+token@example.org",)
        assert here.taken().in_reply_to == ("<1@x>",)
        assert here.taken().reply == "Still burning."


async def test_why_relevo_takes_no_letter_is_said_and_nothing_written_is_lost() -> None:
    async with setting(replies={"RCPT": "550 5.1.1 nobody <b>here</b>"}) as here:
        status, page = await here.post("/letters", text="Do not lose this")
        assert status == 422
        assert "Relevo did not take the mail: 550 5.1.1 nobody &lt;b&gt;here" in page
        assert "Do not lose this</textarea>" in page
        await here.arrive()
        status, page = await here.post("/mails/1/answers", text="nor this")
        assert (status, "nor this</textarea>" in page) == (422, True)


async def test_t23_what_would_end_a_header_is_refused_or_made_one_line() -> None:
    async with setting() as here:
        assert (await here.post("/letters", address="a@b.example>\r\nBcc: x@y.example"))[0] == 422
        assert (await here.post("/letters", subject="one\r\nBcc: x@y.example"))[0] == 200
        assert here.taken().subject == "one Bcc: x@y.example"


async def test_relevo_may_be_away() -> None:
    async with setting() as here, smtp_peer() as gone:
        gone.stop_listening()
        options = PostboxOptions(0, 0, Listen(host="127.0.0.1", port=gone.port), Surroundings(HELP, {}))
        async with running(options, SystemClock()) as postbox:
            status, page = await Setting(postbox, here.relevo, here.session).post("/letters")
            assert (status, "Relevo did not take the mail" in page) == (422, True)


async def test_no_other_site_writes_or_reads() -> None:
    async with setting() as here:
        form = {"address": ANA, "text": "x"}
        for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Host": "evil.example"}):
            async with here.session.post(here.postbox.url + "/letters", data=form, headers=headers) as response:
                assert response.status == 403
        assert (await here.get("/", headers={"Host": "evil.example"}))[0] == 403
        assert here.relevo.mails == []


async def test_it_speaks_both_languages() -> None:
    async with setting() as here:
        assert '<html lang="es">' in (await here.get("/?lang=es"))[1]
        assert "Todavía no ha llegado ningún correo." in (await here.get("/", headers={"Accept-Language": "es-MX"}))[1]


async def test_the_process_says_when_it_is_ready_and_stops_when_told() -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "gateway.demo.postbox", "--relevo", "127.0.0.1:9", "--help-desk", HELP),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    ready = json.loads(await process.stdout.readline())
    async with aiohttp.ClientSession() as session, session.get(ready["url"]) as response:
        assert response.status == 200
    process.send_signal(signal.SIGTERM)
    assert await process.wait() == 0
