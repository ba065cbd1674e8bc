"""Whether a mail's From is proved, by our own receiving server's word or by DKIM that we checked."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.email.authentication import Authenticated, Authentication, NotAuthenticated, Why, authenticate
from channels.email.authentication_results import parse_results
from channels.email.mail import Mail
from tests.support.mails import mail

_OURS = "mx.example.org"


def _with(*values: str, sender: str = "ana@mail.uni.example") -> Mail:
    return mail(
        ("Received", "x"), *(("Authentication-Results", value) for value in values), ("From", sender), sender=""
    )


_ALIGNED = {
    "dmarc": ("dmarc=pass header.from=mail.uni.example", "dmarc"),
    "dmarc_policy_in_a_comment": ("dmarc=pass (p=REJECT; sp=none) header.from=Mail.Uni.example", "dmarc"),
    "dmarc_without_domain": ("dmarc=pass", "dmarc"),
    "dkim": ("dkim=pass header.d=mail.uni.example header.s=x", "dkim"),
    "dkim_of_the_parent": ("dkim=pass (2048-bit key) header.d=uni.example", "dkim"),
    "dkim_by_identity": ("dkim=pass header.i=@uni.example header.b=abc", "dkim"),
    "dkim_second_signature": ("dkim=fail header.d=uni.example; dkim=pass header.d=uni.example", "dkim"),
    "spf": ("spf=pass smtp.mailfrom=bounce@mail.uni.example", "spf"),
    "spf_quoted": ('spf=pass smtp.mailfrom="a; b=c"@mail.uni.example', "spf"),
    "spf_domain_only": ('spf=pass reason="good; really" smtp.mailfrom=uni.example', "spf"),
}
_NOT_ALIGNED = {
    "none": "none",
    "dkim_of_another": "dkim=pass header.d=evil.example",
    "dkim_of_a_neighbour": "dkim=pass header.d=evilmail.uni.example",
    "dkim_of_what_is_below": "dkim=pass header.d=x.mail.uni.example",
    "dkim_of_the_same_ending": "dkim=pass header.d=l.uni.example",
    "dkim_of_everybody": "dkim=pass header.d=example",
    "dkim_failed": "dkim=fail header.d=uni.example",
    "spf_of_another": "spf=pass smtp.mailfrom=ana@evil.example",
    "spf_of_the_greeting": "spf=pass smtp.helo=mail.uni.example",
    "spf_of_a_quoted_local_part": 'spf=pass smtp.mailfrom="ana@mail.uni.example"@evil.example',
    "spf_of_a_quoted_separator": 'spf=pass smtp.mailfrom=";"@evil.example smtp.helo=mail.uni.example',
    "spf_said_twice": "spf=pass smtp.mailfrom=ana@mail.uni.example smtp.mailfrom=x@evil.example",
    "spf_beside_another_word": "spf=pass smtp.mailfrom=mail.uni.example @evil.example",
    "dkim_of_a_quoted_identity": 'dkim=pass header.i="@uni.example"@evil.example',
    "spf_softfail": "spf=softfail smtp.mailfrom=ana@mail.uni.example",
    "dmarc_of_another": "dmarc=pass header.from=evil.example",
    "other_method": "iprev=pass policy.iprev=192.0.2.1; auth=pass smtp.auth=ana",
    "in_a_comment": "dkim=none (dmarc=pass header.from=mail.uni.example)",
    "in_quotes": 'dkim=fail reason="; dmarc=pass header.from=mail.uni.example"',
}


@pytest.mark.parametrize("name", _ALIGNED)
def test_what_answers_for_from_s_domain(name: str) -> None:
    results, method = _ALIGNED[name]
    assert authenticate(_with(f"{_OURS}; {results}"), _OURS) == Authenticated("mail.uni.example", method)


@pytest.mark.parametrize("name", _NOT_ALIGNED)
def test_what_does_not(name: str) -> None:
    assert not isinstance(authenticate(_with(f"{_OURS}; {_NOT_ALIGNED[name]}"), _OURS), Authenticated)


@pytest.mark.parametrize("results", ["dmarc=fail", "dkim=pass header.d=uni.example; dmarc=fail (p=none)"])
def test_a_domain_that_disowns_the_mail_is_heard(results: str) -> None:
    assert authenticate(_with(f"{_OURS}; {results}"), _OURS, ["uni.example"]) == NotAuthenticated(Why.FAILED)


def _why(authentication: Authentication) -> Why | None:
    return authentication.why if isinstance(authentication, NotAuthenticated) else None


_PASS = "dmarc=pass header.from=mail.uni.example"


def test_t27_only_our_own_server_is_believed() -> None:
    assert _why(authenticate(_with(f"mx.evil.example; {_PASS}"), _OURS)) is Why.NO_RESULTS
    assert _why(authenticate(_with(f"x{_OURS}; {_PASS}"), _OURS)) is Why.NO_RESULTS
    assert _why(authenticate(_with(f"{_OURS}; {_PASS}"), None)) is Why.NO_RESULTS
    assert isinstance(authenticate(_with(f"MX.Example.ORG 1; {_PASS}"), _OURS), Authenticated)


def test_t27_what_stands_below_other_fields_came_with_the_mail() -> None:
    sent = mail(
        ("Authentication-Results", f"{_OURS}; spf=none"),
        ("Received", "from outside"),
        ("Authentication-Results", f"{_OURS}; {_PASS}"),
        sender="ana@mail.uni.example",
    )
    assert _why(authenticate(sent, _OURS)) is Why.NOT_ALIGNED


def test_t27_a_method_counts_only_where_it_stands_first() -> None:
    sent = _with(f"{_OURS}; dkim=none; dmarc=none", f"{_OURS}; {_PASS}; dkim=pass header.d=mail.uni.example")
    assert _why(authenticate(sent, _OURS)) is Why.NOT_ALIGNED


def test_our_server_may_write_a_field_for_each_method() -> None:
    sent = _with(f"{_OURS}; spf=none", "filter.example.org; x-spam=pass", f"{_OURS}; {_PASS}")
    assert isinstance(authenticate(sent, _OURS), Authenticated)


@pytest.mark.parametrize("sender", ["a@mail.uni.example, b@mail.uni.example", "Ana", "ceo@corp@mail.uni.example"])
def test_t26_an_ambiguous_from_is_not_authenticated(sender: str) -> None:
    assert not isinstance(authenticate(_with(f"{_OURS}; {_PASS}", sender=sender), _OURS), Authenticated)


def test_t26_two_from_fields_are_not_authenticated() -> None:
    sent = mail(
        ("Authentication-Results", f"{_OURS}; {_PASS}"), ("From", "a@mail.uni.example"), ("From", ""), sender=""
    )
    assert _why(authenticate(sent, _OURS)) is Why.NO_SENDER


def test_t07_reply_to_changes_nothing() -> None:
    sent = mail(
        ("Authentication-Results", f"{_OURS}; dmarc=pass header.from=evil.example"),
        ("From", "eve@evil.example"),
        ("Reply-To", "ana@mail.uni.example"),
        sender="",
    )
    assert authenticate(sent, _OURS) == Authenticated("evil.example", "dmarc")


def test_dkim_checked_by_ourselves() -> None:
    sent = mail(sender="ana@mail.uni.example")
    assert authenticate(sent, None, ["Uni.Example."]) == Authenticated("mail.uni.example", "dkim")
    assert authenticate(sent, None, ["evil.example"]) == NotAuthenticated(Why.NOT_ALIGNED)


@given(value=st.text(max_size=60) | st.text(alphabet='mx.=; ()"\\dkimpas', max_size=60))
@settings(max_examples=80, deadline=None)
def test_any_field_is_taken(value: str) -> None:
    authenticate(_with(value), _OURS)


@pytest.mark.parametrize("value", ["", ";", "=; dkim=pass", "a=b; dkim=pass", "(x"])
def test_a_field_without_a_server_s_name_is_none(value: str) -> None:
    assert parse_results(value) is None


@pytest.mark.parametrize("value", ["(" * 20_000, '"' * 20_000, "a=" * 10_000, ";" * 20_000, "\\" * 20_000])
def test_t17_long_fields_are_read_in_one_pass(value: str) -> None:
    parse_results(f"mx; dkim=pass {value}")
