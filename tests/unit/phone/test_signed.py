"""Which webhooks are believed, and what is said of the others."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations
from urllib.parse import urlencode

import pytest

from channels.phone.twilio.form import event_key, read_form
from channels.phone.twilio.rest import Account
from channels.phone.twilio.signed import Guard, NotTwilio, Refusal, Trust, Webhook
from tests.support.twilio_api import ACCOUNT_SID, AUTH_TOKEN
from tests.support.twilio_webhooks import CALL, PUBLIC_URL, TRUST, VOICE, Post, Told, signed_form, signed_json

NEEDED = ("CallSid", "CallStatus", "From", "To")


def judge(post: Post, trust: Trust = TRUST) -> Webhook:
    return Guard(trust, Told()).judge(*post.judged, NEEDED)


def refusal(post: Post, trust: Trust = TRUST) -> Refusal:
    with pytest.raises(NotTwilio) as refused:
        judge(post, trust)
    return refused.value.refusal


def test_what_twilio_has_signed_is_read_whole() -> None:
    webhook = judge(signed_form())
    assert webhook.form == CALL
    assert webhook.path == VOICE


@pytest.mark.parametrize(
    ("configured", "signed"),
    [
        (PUBLIC_URL, PUBLIC_URL + ":443"),
        (PUBLIC_URL + ":443", PUBLIC_URL),
        (PUBLIC_URL + ":8443", PUBLIC_URL),
        (PUBLIC_URL + ":8443/relevo", PUBLIC_URL + ":8443/relevo"),
        ("http://relevo.example", "http://relevo.example:80"),
        ("https://[2001:db8::1]:8443", "https://[2001:db8::1]"),
        ("https://[2001:db8::1]", "https://[2001:db8::1]:443"),
    ],
)
def test_twilio_signs_with_the_port_or_without(configured: str, signed: str) -> None:
    judge(signed_form(base=signed), replace(TRUST, public_url=configured))


def test_our_own_query_is_part_of_the_address() -> None:
    webhook = judge(signed_form(path=f"{VOICE}?step=3"))
    assert webhook.query == {"step": "3"}
    moved = signed_form(path=f"{VOICE}?step=3")
    moved.path = f"{VOICE}?step=4"
    assert refusal(moved) is Refusal.WRONG


class TestBothGenerationsOfHeaders:
    TRUST = replace(TRUST, shared_keys={"webhooks_sharedkey_1": "another secret altogether"})

    @pytest.mark.parametrize("algorithm", ["HMAC_SHA1", "HMAC_SHA256"])
    def test_a_shared_key_signs_in_place_of_the_token(self, algorithm: str) -> None:
        key = "webhooks_sharedkey_1"
        post = signed_form(token="another secret altogether", key=key, algorithm=algorithm)
        judge(post, self.TRUST)
        assert refusal(signed_form(key=key, algorithm=algorithm), self.TRUST) is Refusal.WRONG

    def test_the_token_is_still_good_without_that_header(self) -> None:
        judge(signed_form(), self.TRUST)

    def test_a_key_that_is_not_configured_looks_like_misconfiguration(self) -> None:
        refused = refusal(signed_form(key="webhooks_sharedkey_2"), self.TRUST)
        assert refused is Refusal.OTHER_KEY
        assert refused.looks_like_misconfiguration

    def test_an_algorithm_that_there_is_not_is_no_signature(self) -> None:
        post = signed_form(key="webhooks_sharedkey_1")
        post.headers["X-Twilio-Webhooks-Signature-Settings"] = "key=webhooks_sharedkey_1,algorithm=NONE"
        assert refusal(post, self.TRUST) is Refusal.WRONG


class TestJson:
    BODY = b'{"AccountSid": "%s", "CallSid": "%s", "CallStatus": "ringing", "From": "", "To": "", "n": 7}' % (
        ACCOUNT_SID.encode(),
        CALL["CallSid"].encode(),
    )

    def test_its_hash_is_signed(self) -> None:
        webhook = judge(signed_json(self.BODY))
        assert webhook.form["CallSid"] == CALL["CallSid"]
        assert webhook.form["n"] == "7"

    def test_another_body_is_refused(self) -> None:
        post = signed_json(self.BODY)
        post.body = self.BODY.replace(b"ringing", b"completed")
        assert refusal(post) is Refusal.MALFORMED

    def test_without_a_hash_the_body_is_nobodys(self) -> None:
        """The library's validator takes a parsed body for granted where the address alone is signed."""
        post = signed_form({}, VOICE)
        post.headers["Content-Type"] = "application/json"
        post.body = self.BODY
        assert refusal(post) is Refusal.MALFORMED

    def test_its_signature_is_good_for_no_form(self) -> None:
        post = signed_json(self.BODY)
        post.headers["Content-Type"] = "application/x-www-form-urlencoded"
        post.body = b""
        with pytest.raises(NotTwilio):
            Guard(TRUST, Told()).judge(*post.judged)

    def test_of_another_account_is_refused(self) -> None:
        other = self.BODY.replace(ACCOUNT_SID.encode(), b"AC" + b"f" * 32)
        assert refusal(signed_json(other)) is Refusal.OTHER_ACCOUNT

    @pytest.mark.parametrize("body", [b"", b"[]", b"{", b'"text"'])
    def test_what_is_no_object_is_malformed(self, body: bytes) -> None:
        assert refusal(signed_json(body)) is Refusal.MALFORMED

    def test_t15_what_is_nested_too_deeply_is_malformed(self) -> None:
        """Any stranger was answered 500 to it, with a trace in the log: the hash needs no secret."""
        post = signed_json(b'{"a":' + b"[" * 300 + b"]" * 300 + b"}")
        post.headers["X-Twilio-Signature"] = "a stranger's"
        assert refusal(post) is Refusal.MALFORMED


class TestCutElsewhere:
    """T11: the signature covers a text that doesn't say where a name ends, so the same text has many readings."""

    def test_t11_no_two_parameters_can_be_merged_into_one(self) -> None:
        whole = {name: CALL[name] for name in ("AccountSid", "CallerName", "FromCity", *NEEDED)}
        for merged in _merged(sorted(whole.items())):
            post = signed_form(whole)
            post.body = urlencode(merged).encode()
            try:
                read = judge(post).form
            except NotTwilio as error:
                # WRONG would mean that the text was another one, and prove nothing.
                assert error.refusal in (Refusal.MALFORMED, Refusal.OTHER_ACCOUNT)  # noqa: PT017
            else:
                assert all(read[name] == whole[name] for name in ("AccountSid", *NEEDED))

    @pytest.mark.parametrize(
        "pieces",
        [
            {"From": "+34699999999", "MessageSid": f"SM{'f' * 32}", "To": "+34910000000", "Tz": ""},
            {"From": "whatsapp:+34699999999", "MessageSid": f"SM{'f' * 32}", "To": "+34910000000", "Tz": ""},
            {"From": "+34699999999", "G": ""},
        ],
        ids=["all", "whatsapp", "sender"],
    )
    def test_t11_a_senders_words_cant_take_the_place_of_what_is_about_them(self, pieces: dict[str, str]) -> None:
        """Whoever writes a text, and gets hold of its signature, could cut it inside of his own words."""
        true = {
            "AccountSid": ACCOUNT_SID,
            "Body": "",
            "From": "+34600111222",
            "MessageSid": f"SM{'1' * 32}",
            "To": "+1",
        }
        words = "Hola" + "".join(name + value for name, value in pieces.items())
        post = signed_form({**true, "Body": words})
        signed = "".join(name + value for name, value in {**true, "Body": words}.items())
        *acted_on, last = pieces
        rest = signed.partition(words)[2]
        kept = {name: true[name] for name in ("MessageSid", "To") if name not in pieces}
        for name in kept:
            rest = rest.partition(name)[0]
        forged = {"AccountSid": ACCOUNT_SID, "Body": "Hola", **{name: pieces[name] for name in acted_on}, last: rest}
        forged |= kept
        assert "".join(name + value for name, value in sorted(forged.items())) == signed
        post.body = urlencode(forged).encode()
        with pytest.raises(NotTwilio) as refused:
            Guard(TRUST, Told()).judge(*post.judged)
        assert refused.value.refusal is Refusal.MALFORMED

    def test_t11_a_parameter_that_comes_twice_is_refused(self) -> None:
        post = signed_form()
        post.body += b"&From=%2B34600111222"  # the library counts equal values once: its signature still holds
        assert refusal(post) is Refusal.MALFORMED

    def test_t11_a_parameter_moved_into_the_address_is_refused(self) -> None:
        text = "".join(name + value for name, value in CALL.items())
        post = signed_form(path=f"{VOICE}?step=1")
        post.path, post.body = f"{VOICE}?step=1{text[:40]}", b""
        assert refusal(post) is Refusal.MALFORMED
        post.path = f"{VOICE}?{urlencode({'From': '+34600111222'})}"
        assert refusal(post) is Refusal.MALFORMED

    @pytest.mark.parametrize(
        "query", ["From=x", "step=a%20b", "step=+34600111222", "step=1&step=1", "bodySHA256=0", "x"]
    )
    def test_t11_a_query_that_we_never_gave_is_refused(self, query: str) -> None:
        assert refusal(signed_form(path=f"{VOICE}?{query}")) is Refusal.MALFORMED

    @pytest.mark.parametrize("sid", [ACCOUNT_SID[:-1], ACCOUNT_SID + "0", "AC" + "f" * 32, ""])
    def test_t11_the_account_is_ours_to_the_last_character(self, sid: str) -> None:
        assert refusal(signed_form({**CALL, "AccountSid": sid})) in (Refusal.OTHER_ACCOUNT, Refusal.MALFORMED)

    def test_t11_without_an_account_nothing_is_believed(self) -> None:
        form = {name: value for name, value in CALL.items() if name != "AccountSid"}
        assert refusal(signed_form(form)) is Refusal.MALFORMED


def test_t32_no_secret_is_in_what_a_traceback_shows() -> None:
    trust = replace(TRUST, shared_keys={"webhooks_sharedkey_1": AUTH_TOKEN})
    assert AUTH_TOKEN not in repr((trust, Account(ACCOUNT_SID, AUTH_TOKEN)))


def _merged(pairs: list[tuple[str, str]]) -> Iterator[dict[str, str]]:
    """Every reading in which some neighbours are one parameter: the text is the same, and so is the signature."""
    places = range(1, len(pairs))
    for amount in places:
        for gone in combinations(places, amount):
            form: dict[str, str] = {}
            last = ""
            for place, (name, value) in enumerate(pairs):
                if place in gone:
                    form[last] += name + value
                else:
                    form[name], last = value, name
            yield form


class TestWhatIsSaidOfTheOthers:
    def test_a_stranger_has_no_signature(self) -> None:
        post = signed_form()
        del post.headers["X-Twilio-Signature"]
        assert refusal(post) is Refusal.UNSIGNED
        assert not Refusal.UNSIGNED.looks_like_misconfiguration

    def test_two_signatures_are_none(self) -> None:
        post = signed_form()
        post.headers.add("X-Twilio-Signature", post.headers["X-Twilio-Signature"])
        assert refusal(post) is Refusal.UNSIGNED

    def test_another_token_for_our_account_looks_like_misconfiguration(self) -> None:
        refused = refusal(signed_form(token="the token before it was rotated"))
        assert refused is Refusal.WRONG
        assert refused.looks_like_misconfiguration

    def test_another_account_may_be_a_subaccount(self) -> None:
        form = {**CALL, "AccountSid": "AC" + "f" * 32}
        assert refusal(signed_form(form, token="its token")) is Refusal.OTHER_ACCOUNT

    @pytest.mark.parametrize(
        ("base", "path", "told"),
        [
            ("https://old.example", VOICE, "https://old.example"),
            ("http://relevo.example", VOICE, "http://relevo.example"),
            (PUBLIC_URL, VOICE + "/", PUBLIC_URL),
        ],
    )
    def test_our_secret_at_another_address_is_told_with_that_address(self, base: str, path: str, told: str) -> None:
        post = signed_form(path=path, base=base)
        post.path = VOICE
        post.headers["Host"] = base.partition("//")[2]
        with pytest.raises(NotTwilio) as refused:
            judge(post)
        assert refused.value.refusal is Refusal.OTHER_ADDRESS
        assert refused.value.signed_for == told

    @pytest.mark.parametrize(
        "body", [b"%ff=1", b"a", b"&", b"=1", "ñ=1".encode(), b"a=%ff", urlencode({f"n{n}": n for n in range(301)})]
    )
    def test_what_is_no_form_is_malformed(self, body: bytes | str) -> None:
        post = signed_form()
        post.body = body.encode() if isinstance(body, str) else body
        assert refusal(post) is Refusal.MALFORMED

    def test_another_content_type_is_malformed(self) -> None:
        post = signed_form()
        post.headers["Content-Type"] = "multipart/form-data; boundary=x"
        assert refusal(post) is Refusal.MALFORMED


class TestWhoCalls:
    @pytest.mark.parametrize(
        "caller",
        [
            "",
            "+266696687",
            "Anonymous",
            "+anonymous",
            "112",
            "sip:ana@pbx.example:5061",
            "client:ana_2",
            "Bank 24",
            "whatsapp:+34600111222",
        ],
    )
    def test_no_form_of_a_callers_number_is_refused(self, caller: str) -> None:
        assert judge(signed_form({**CALL, "From": caller})).form["From"] == caller

    def test_messaging_services_may_post_from_numbers_that_are_not_ours(self) -> None:
        form = {**CALL, "To": "+34655000111", "MessagingServiceSid": "MG" + "0" * 32}
        assert judge(signed_form(form)).form["To"] == "+34655000111"


def test_t13_the_key_is_the_same_for_the_same_webhook_only() -> None:
    def key(place: str = VOICE, **changed: str) -> str:
        return event_key(place, read_form(urlencode({**CALL, **changed}).encode()))

    assert key() == key(Timestamp="Sun, 22 Nov 2026 09:00:00 +0000")
    others = {
        key("/channels/phone/status"),
        key(f"{VOICE}?step=2"),
        key(CallStatus="completed"),
        key(SequenceNumber="1"),
        key(CallSid="CA" + "2" * 32),
        key(DialCallSid="CA" + "3" * 32),
        key(Digits="1"),
    }
    assert len(others | {key()}) == 8


def test_a_secret_is_in_no_text_of_a_refusal() -> None:
    with pytest.raises(NotTwilio) as refused:
        judge(signed_form(token="x" * 20))
    assert AUTH_TOKEN not in str(refused.value)
