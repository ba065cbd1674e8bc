"""What strangers try at the channel's addresses, through the real listener: T06, T09 to T12 and T37 of the threats."""

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urlencode
from xml.etree import ElementTree as Xml

import pytest

from gateway.core.events import ChannelRecovered, ChannelTroubled, MessageReceived, RecordingMissed, TicketReceived
from gateway.core.ticket import Requester, Ticket
from gateway.demo.caller.script import Behaviour, Caller, Desk, Scene
from gateway.demo.caller.transcript import Who
from tests.support.phone_calls import CATEGORIES
from tests.support.twilio_api import ACCOUNT_SID, Served, fake_twilio
from tests.support.twilio_webhooks import CALL, signed_form, signed_json
from tests.support.voice_rig import ACME, ANA, NORTE, Played, VoiceRig, bodies, voice_rig

BUSY = {ACME.dial: Desk(Behaviour.BUSY), NORTE.dial: Desk(Behaviour.BUSY)}
STRANGER = "+34699999999"


class TestReferencesByKeypad:
    """T06, T37: a reference identifies and a number is a hint; together they let one write, and never read."""

    @staticmethod
    async def known(rig: VoiceRig, phone: str | None = ANA) -> Ticket:
        """A ticket that came by the form, with a secret in it."""
        await rig.request(subject="Nómina", body="Mi clave es abracadabra.", requester=Requester("Ana", None, phone))
        (case,) = await rig.cases()
        assert case.ticket is not None
        return case.ticket

    @staticmethod
    async def keyed(rig: VoiceRig, reference: str, number: str) -> Played:
        caller = Caller(number=number, keys=("9", reference))
        return await rig.call(Scene(caller, {ACME.dial: Desk()}))

    @pytest.mark.parametrize("written", [ANA, "+34 600 11 12 22", "+34-600-111-222"])
    async def test_t06_the_requesters_own_phone_continues_the_ticket(self, written: str) -> None:
        async with voice_rig(ask_reference=True) as rig:
            ticket = await self.known(rig, written)
            await self.keyed(rig, ticket.reference, ANA)
            case = await rig.case()
            assert case.ticket is not None
            assert case.ticket.id == ticket.id
            assert "ha marcado la referencia de esta solicitud" in case.messages[1].body
            assert rig.event(TicketReceived)
            assert rig.heard.of(MessageReceived)

    @pytest.mark.parametrize("number", [STRANGER, "+266696687", "anonymous", "sip:ana@pbx.example", ""])
    async def test_t06_whoever_else_keys_it_in_gets_a_ticket_of_their_own(self, number: str) -> None:
        async with voice_rig(ask_reference=True) as rig:
            ticket = await self.known(rig)
            await self.keyed(rig, ticket.reference, number)
            old, new = await rig.cases()
            assert len(old.messages) == 1
            assert new.ticket is not None
            assert new.ticket.metadata["linked"] == ticket.reference
            assert "no consta que la solicitud sea suya" in new.messages[0].body

    @pytest.mark.parametrize("phone", [None, "no lo sé", "600111222"])
    async def test_t06_a_ticket_without_that_phone_is_nobodys_by_phone(self, phone: str | None) -> None:
        async with voice_rig(ask_reference=True) as rig:
            ticket = await self.known(rig, phone)
            await self.keyed(rig, ticket.reference, ANA)
            assert len(await rig.cases()) == 2

    async def test_t37_a_caller_is_told_nothing_of_a_ticket_whose_number_he_shows(self) -> None:
        """Who shows Ana's number hears the same as who shows another: the gateway doesn't tell the two apart."""
        heard = []
        for number in (ANA, STRANGER):
            async with voice_rig(ask_reference=True) as rig:
                ticket = await self.known(rig)
                played = await self.keyed(rig, ticket.reference, number)
                said = [str(line.words) for line in played.transcript if line.who is not Who.CALLER]
                heard.append(said)
                spoken = " ".join(ticket.reference)
                assert "abracadabra" not in played.said
                assert spoken not in played.said.replace(",", "")
        assert heard[0] == heard[1]


@pytest.mark.parametrize(
    "caller",
    [
        'sip:a@b"/><Dial>+34806000000</Dial><x',
        "sip:a@b]]></Say><Redirect>http://evil.example</Redirect>",
        "</Say><Hangup/>",
    ],
)
async def test_t37_nothing_of_a_caller_becomes_twiml(caller: str) -> None:
    async with voice_rig() as rig:
        status, answer = await rig.post("voice", CALL | {"From": caller, "Caller": caller})
        assert status == 200
        assert [each.tag for each in Xml.fromstring(answer)] == ["Say", "Say", "Dial"]
        assert "806000000" not in answer


async def test_t37_nothing_of_the_settings_becomes_twiml() -> None:
    categories = [{"id": "x", "name": "</Say><Hangup/>"}]
    async with voice_rig(categories=categories, greeting='Hola & <break time="1h"/>') as rig:
        _, answer = await rig.post("voice", CALL)
        assert [each.tag for each in Xml.fromstring(answer)] == ["Gather", "Redirect"]
        assert "<break" not in answer


class TestRecordingsFromElsewhere:
    """T09, T10: recordings come from the API's host alone, and the credentials go nowhere else."""

    @staticmethod
    async def left(rig: VoiceRig, url: str) -> None:
        """A message was left, and its webhook says that it is there."""
        rig.routing.phones = ()
        await rig.post("voice", CALL)
        said = {"RecordingSid": "RE" + "3d" * 16, "RecordingUrl": url, "RecordingDuration": "5"}
        recorded = CALL | said | {"RecordingStatus": "completed"}
        status, _ = await rig.post("recording?step=1", recorded)
        assert status == 200
        await rig.work()

    @pytest.mark.parametrize("path", ["/RE1", "/2010-04-01/Accounts/{account}/Recordings/RE1", ""])
    async def test_t09_the_address_in_a_webhook_is_never_asked(self, path: str) -> None:
        async with voice_rig() as rig, fake_twilio(rig.clock) as elsewhere:
            await self.left(rig, elsewhere.url + path.format(account=ACCOUNT_SID))
            assert elsewhere.requests == []
            (asked,) = rig.twilio.requests
            assert asked.path == f"/2010-04-01/Accounts/{ACCOUNT_SID}/Recordings/RE{'3d' * 16}.mp3"

    async def test_t10_the_credentials_follow_no_redirect(self) -> None:
        async with voice_rig() as rig, fake_twilio(rig.clock) as elsewhere:
            path = f"/2010-04-01/Accounts/{ACCOUNT_SID}/Recordings/RE{'3d' * 16}.mp3"
            rig.twilio.files[path] = Served(location=f"{elsewhere.url}/RE1.mp3")
            await self.left(rig, "https://api.twilio.com/RE1")
            assert elsewhere.requests == []
            assert "redirected" in rig.event(RecordingMissed).reason

    async def test_a_private_address_is_not_dialled_unless_permitted(self) -> None:
        async with voice_rig(allow_private=False) as rig:
            await self.left(rig, "https://api.twilio.com/RE1")
            assert rig.twilio.requests == []
            assert not rig.heard.of(RecordingMissed)  # it is tried again


class TestSignatures:
    """T11, T12."""

    @pytest.mark.parametrize(
        ("path", "body"),
        [
            ("voice", urlencode(CALL) + "&CallSid=CA" + "9f" * 16),
            ("voice?CallSid=" + CALL["CallSid"], urlencode(CALL)),
            (
                "voice",
                urlencode({"AccountSid": CALL["AccountSid"] + "ApiVersion2010-04-01"} | dict(list(CALL.items())[2:])),
            ),
            ("keys?step=1", urlencode(CALL)),
        ],
        ids=["repeated", "moved", "merged", "another-address"],
    )
    async def test_t11_a_signature_serves_for_nothing_else(self, path: str, body: str) -> None:
        async with voice_rig() as rig:
            good = signed_form(CALL, "/channels/phone/voice", base=rig.url)
            stolen = replace(good, path=f"/channels/phone/{path}", body=body.encode())
            status, answer = await rig.send(stolen)
            assert status == 403
            assert "firma" in answer or "signature" in answer
            assert await rig.cases() == []
            assert len(rig.measured.refused) == 1

    async def test_t11_another_accounts_webhook_is_refused(self) -> None:
        async with voice_rig() as rig:
            status, _ = await rig.post("voice", CALL | {"AccountSid": "AC" + "9f" * 16})
            assert status == 403
            assert rig.measured.refused == [("phone", "other_account")]

    async def test_an_unsigned_webhook_is_counted_and_nothing_more(self) -> None:
        async with voice_rig() as rig:
            unsigned = signed_form(CALL, "/channels/phone/voice", base=rig.url)
            del unsigned.headers["X-Twilio-Signature"]
            assert (await rig.send(unsigned))[0] == 403
            assert rig.measured.refused == [("phone", "unsigned")]
            await rig.channel.close()
            assert not rig.heard.of(ChannelTroubled)

    @pytest.mark.parametrize(
        ("signing", "reason"),
        [({"base": "https://relevo.example"}, "other_address"), ({"token": "another-token-entirely"}, "wrong")],
        ids=["another-url", "another-token"],
    )
    async def test_t12_a_wrong_setting_is_told_and_its_end_too(self, signing: Mapping[str, str], reason: str) -> None:
        async with voice_rig() as rig:
            headers = {"Host": "relevo.example"} if reason == "other_address" else {}
            post = signed_form(CALL, "/channels/phone/voice", **{"base": rig.url, **signing})
            post.headers.extend(headers)
            for _ in range(3):
                assert (await rig.send(post))[0] == 403
            await rig.channel.troubles.said()
            troubled = rig.event(ChannelTroubled)
            assert troubled.part == "webhook voice"
            assert rig.url in troubled.reason or "auth_token" in troubled.reason
            assert rig.measured.refused == [("phone", reason)] * 3
            assert (await rig.post("voice", CALL))[0] == 200
            await rig.channel.troubles.said()
            assert rig.event(ChannelRecovered).part == "webhook voice"

    async def test_t12_forwarded_headers_play_no_part(self) -> None:
        async with voice_rig() as rig:
            post = signed_form(CALL, "/channels/phone/voice", base="https://evil.example")
            post.headers.extend({"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"})
            assert (await rig.send(post))[0] == 403
            assert await rig.cases() == []

    async def test_strangers_can_raise_no_alarm_while_webhooks_come(self) -> None:
        async with voice_rig() as rig:
            await rig.post("voice", CALL)
            for stranger in ({"token": "a strangers own token"}, {"key": "webhooks_sharedkey_x"}):
                assert (await rig.post("voice", CALL, **stranger))[0] == 403
            await rig.channel.troubles.said()
            assert not rig.heard.of(ChannelTroubled)

    async def test_both_generations_of_headers_and_json(self) -> None:
        async with voice_rig() as rig:
            json = signed_json(b'{"CallSid":"%s","CallStatus":"ringing"}' % CALL["CallSid"].encode(), base=rig.url)
            assert (await rig.send(json))[0] == 200

    async def test_what_is_too_long_is_refused(self) -> None:
        async with voice_rig() as rig:
            assert (await rig.post("voice", CALL | {"CallerName": "x" * 70_000}))[0] == 413


async def test_the_words_of_a_ticket_are_the_callers_choice_alone() -> None:
    """What strangers can write into a ticket by phone: a number of theirs, and keys."""
    async with voice_rig(categories=CATEGORIES) as rig:
        await rig.post("voice", CALL | {"CallerName": "<script>", "FromCity": "EVIL"})
        await rig.post("keys?step=1", CALL | {"CallStatus": "in-progress", "Digits": "1", "FromCity": "EVIL"})
        text = bodies((await rig.case()).messages)
        assert "script" not in text
        assert "EVIL" not in text
