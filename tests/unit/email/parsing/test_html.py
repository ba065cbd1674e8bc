"""HTML: its text for people, and what may be shown of it (T03)."""

import pytest

from channels.email.parsing.html_safe import sanitise
from channels.email.parsing.html_text import html_to_text
from tests.support.raw_mail import parsed


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>one</p><p>two</p>", "one\n\ntwo"),
        ("<div>one</div><div>two</div>", "one\ntwo"),
        ("a<br>b<br><br>c", "a\nb\n\nc"),
        ("  a \n b  <b> c</b>", "a b c"),
        ("<ul><li>one<li>two</ul>", "- one\n- two"),
        ("<table><tr><td>a<td>b<tr><td>c</table>", "a b\nc"),
        ("<p>new</p><blockquote>old<br>older</blockquote><p>end", "new\n\n> old\n> older\n\nend"),
        ("<blockquote>a<blockquote>b</blockquote></blockquote>", "> a\n>\n> > b"),
        ("<pre>a\n  b</pre>c", "a\n  b\n\nc"),
        ('<a href="https://x.example/y">here</a>', "here <https://x.example/y>"),
        ('<a href="https://x.example/">x.example</a>', "x.example"),
        ("<style>p{}</style><script>x</script><title>t</title>words", "words"),
        ('<div style="display: none">hidden</div>seen', "seen"),
        ('<img alt="a smile" src=x>', "a smile"),
        ("&lt;b&gt; &amp;&nbsp;&eacute;", "<b> & é"),
        ("", ""),
    ],
    ids=lambda value: ascii(value)[1:30],
)  # fmt: skip
def test_text_of_html(html: str, text: str) -> None:
    assert html_to_text(html) == text


@pytest.mark.parametrize(
    ("html", "gone"),
    [
        ("<script>alert(1)</script>x", "alert"),
        ("<img src=x onerror=alert(1)>", "onerror"),
        ('<a href="javascript:alert(1)">x</a>', "javascript"),
        ('<a href=" JaVaScRiPt:alert(1)">x</a>', "alert"),
        ('<img src="https://spy.example/p.gif">', "spy"),
        ('<img src="//spy.example/p.gif">', "spy"),
        ('<img src="data:image/svg+xml,x">', "data:"),
        ('<p style="background:url(https://spy.example)">x</p>', "spy"),
        ('<table background="https://spy.example">', "spy"),
        ("<style>@import 'https://spy.example'</style>", "spy"),
        ('<iframe src="https://spy.example"></iframe>', "spy"),
        ('<form action="https://spy.example"><input></form>', "spy"),
        ("<svg><image href='https://spy.example'/></svg>", "spy"),
        ('<link rel=stylesheet href="https://spy.example">', "spy"),
        ('<video poster="https://spy.example">', "spy"),
        ('<img srcset="https://spy.example 2x" src="cid:a">', "spy"),
    ],
    ids=lambda value: ascii(value)[1:40],
)
def test_nothing_runs_and_nothing_is_loaded(html: str, gone: str) -> None:
    assert gone not in sanitise(html)


def test_images_of_the_mail_itself_and_links_stay() -> None:
    assert sanitise('<img src="cid:a@b" alt="x">') == '<img src="cid:a@b" alt="x">'
    assert 'href="https://x.example"' in sanitise('<a href="https://x.example">x</a>')
    assert 'rel="noopener noreferrer nofollow"' in sanitise('<a href="https://x.example">x</a>')


@pytest.mark.parametrize(
    "body", ["<div>" * 401 + "deep", "<p>x" * 100_001, "x" * 4_000_001], ids=["deep", "many", "big"]
)
def test_html_beyond_a_cap_is_only_stripped_of_its_tags(body: str) -> None:
    mail = parsed("Content-Type: text/html", body=body)
    assert (mail.html, mail.flaws) == ("", ("html_not_read",))
    assert mail.text.split()[0] in ("deep", "x", "x" * 4_000_001)
