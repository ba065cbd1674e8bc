"""Parameters of Content-Type and Content-Disposition: RFC 2231, and names as they are really sent."""

import pytest

from channels.email.parsing.parameters import parse_parameters
from tests.support.raw_mail import parsed


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('attachment; filename="a b.txt"', "a b.txt"),
        ("attachment; filename=my file (1).doc; size=3", "my file (1).doc"),
        ('attachment; filename="open.txt', "open.txt"),
        ('attachment; filename="a;b.txt"', "a;b.txt"),
        ('attachment; filename="say \\"hi\\".txt"', 'say "hi".txt'),
        ('attachment; filename="C:\\Temp\\a.txt"', "C:\\Temp\\a.txt"),
        ("attachment; filename*=utf-8'es'a%C3%B1o.txt", "año.txt"),
        ("attachment; filename*=iso-8859-1''a%F1o.txt", "año.txt"),
        ("attachment; filename*0*=utf-8''a%C3; filename*1*=%B1o; filename*2=.txt", "año.txt"),
        ("attachment; filename*1=b; filename*0=a; filename*3=d", "ab"),
        ("attachment; filename=plain.txt; filename*=utf-8''extended.txt", "extended.txt"),
        ('attachment; filename="=?utf-8?Q?a=C3=B1?=\n =?utf-8?Q?o.txt?="', "año.txt"),
        ("attachment; filename==?koi8-r?B?89DJ08/LLmRvYw==?=", "Список.doc"),
        ('attachment filename="no-semicolon.txt"', "no-semicolon.txt"),
        ('; filename="no-value.txt"', "no-value.txt"),
        ("attachment; =; filename=a.txt;;", "a.txt"),
    ],
    ids=lambda value: ascii(value)[1:40],
)
def test_names_of_files(text: str, name: str) -> None:
    assert parse_parameters(text).get("filename") == name


def test_comments_are_left_out_and_values_are_in_lower_case() -> None:
    parsed_value = parse_parameters('Text/Plain (a comment; with=signs); Charset="UTF-8" (again)')
    assert parsed_value.value == "text/plain"
    assert parsed_value.parameters == {"charset": "UTF-8"}


def test_a_name_is_one_line_and_else_as_it_was_sent() -> None:
    mail = parsed('Content-Disposition: attachment; filename="../a\tb  c.exe"', body="x")
    assert [file.name for file in mail.files] == ["../a b  c.exe"]


def test_raw_bytes_in_a_name() -> None:
    mail = parsed('Content-Disposition: attachment; filename="añó.txt"'.encode("cp1252"), body="x")
    assert [file.name for file in mail.files] == ["añó.txt"]
