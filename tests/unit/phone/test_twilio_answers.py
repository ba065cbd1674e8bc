"""What the REST API's answers mean."""

import orjson
import pytest

from channels.phone.twilio.outcome import Deferred, Outcome, Refused, Taken, Unknown, judge, judge_failure
from channels.phone.twilio.pages import NotAPage, read_page
from channels.phone.twilio.records import as_call, as_message, as_recording
from gateway.core.outbound import NoReply, NotSent, Reply

WALL = 1_800_000_000.0
SID = "SM" + "0a" * 16
NUMBER = "+34600111222"


def error(status: int, code: int = 21211, headers: dict[str, str] | None = None) -> Reply:
    told = {"code": code, "message": f"The number {NUMBER} is not valid.", "status": status}
    return Reply(status, headers or {}, orjson.dumps(told))


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (Reply(201, {}, orjson.dumps({"sid": SID, "status": "queued"})), Taken(SID, "queued")),
        (Reply(200, {}, orjson.dumps({"sid": SID})), Taken(SID, "")),
        (Reply(201, {}, b""), Unknown("it answered 201, but names nothing that it made")),
        (Reply(201, {}, b'{"sid": "../x"}'), Unknown("it answered 201, but names nothing that it made")),
        (Reply(204, {}, b"[]"), Unknown("it answered 204, but names nothing that it made")),
        (error(400), Refused("it answered 400 (21211)", 400, 21211)),
        (Reply(404, {}, b"<html>"), Refused("it answered 404", 404, None)),
        (error(401, 20003), Deferred("it answered 401 (20003): our account or token is wrong", misconfigured=True)),
        (error(403, 20003), Deferred("it answered 403 (20003): our account or token is wrong", misconfigured=True)),
        (error(403, 21408), Refused("it answered 403 (21408)", 403, 21408)),
        (error(429, 20429, {"Retry-After": "12"}), Deferred("it answered 429 (20429)", 12.0)),
        (error(429, 20429), Deferred("it answered 429 (20429)")),
        (Reply(302, {}, b""), Deferred("it answered 302, a redirect, which is not followed", misconfigured=True)),
        (error(500, 20500), Unknown("it answered 500 (20500)")),
        (Reply(503, {"Retry-After": "5"}, b""), Unknown("it answered 503")),
    ],
)
def test_an_answer_to_an_order_has_one_meaning(reply: Reply, outcome: Outcome) -> None:
    assert judge(reply, WALL) == outcome
    assert NUMBER not in repr(outcome)


def test_without_an_answer_it_matters_whether_there_was_a_connection() -> None:
    assert judge_failure(NotSent("no connection")) == Deferred("no connection")
    assert judge_failure(NoReply("it broke")) == Unknown("it broke")


class TestPages:
    PATH = "/2010-04-01/Accounts/AC1/Calls.json"

    def page(self, **members: object) -> bytes:
        return orjson.dumps({"calls": [{"n": 1}], "next_page_uri": None, **members})

    def test_the_last_page_has_none_after_it(self) -> None:
        page = read_page(self.page(), "calls", self.PATH, lambda told: told["n"])
        assert (page.items, page.following) == ([1], None)

    def test_the_next_is_of_the_same_list(self) -> None:
        following = f"{self.PATH}?Page=1&PageToken=PACA1"
        assert read_page(self.page(next_page_uri=following), "calls", self.PATH, dict).following == following

    @pytest.mark.parametrize(
        "following",
        [
            "https://evil.example" + PATH,
            "//evil.example" + PATH,
            PATH + "/../Keys.json",
            "@evil.example",
            "",
            7,
            PATH + "?a b",
            PATH + "?a\r\nHost: x",
            PATH + "?ñ",
            PATH + "?#/x",
        ],
    )
    def test_t10_what_leads_elsewhere_is_no_page(self, following: object) -> None:
        with pytest.raises(NotAPage, match="elsewhere"):
            read_page(self.page(next_page_uri=following), "calls", self.PATH, dict)

    @pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"calls": 7}', b'{"calls": [7]}', b"null"])
    def test_what_is_no_page_is_said_to_be_none(self, body: bytes) -> None:
        with pytest.raises(NotAPage):
            read_page(body, "calls", self.PATH, as_call)


class TestRecords:
    AT = "Sun, 22 Nov 2026 09:00:00 +0000"

    def test_a_leg_that_lasts_has_no_duration(self) -> None:
        leg = as_call({"sid": "CA1", "parent_call_sid": "CA0", "start_time": self.AT, "duration": None, "to": NUMBER})
        assert (leg.parent_sid, leg.duration, leg.caller, leg.called) == ("CA0", None, "", NUMBER)

    def test_a_queued_message_is_as_old_as_its_making(self) -> None:
        message = as_message({"sid": "SM1", "date_created": self.AT, "date_sent": None, "num_media": "2"})
        assert (message.at, message.media) == (1795338000.0, 2)

    def test_a_recording_in_the_making_has_no_duration(self) -> None:
        assert as_recording({"sid": "RE1", "start_time": self.AT, "duration": "-1"}).duration is None

    @pytest.mark.parametrize("told", [{}, {"sid": 7}, {"sid": "CA1"}, {"sid": "CA1", "start_time": "yesterday"}])
    def test_what_is_none_is_a_value_error(self, told: dict[str, object]) -> None:
        with pytest.raises(ValueError):  # noqa: PT011 (the page says which list it is of)
            as_call(told)
