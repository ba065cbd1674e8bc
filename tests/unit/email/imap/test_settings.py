"""What an administrator may write of a mailbox."""

from typing import Any

import pytest
from pydantic import ValidationError

from channels.email.imap.settings import After, ImapSettings, Security
from channels.email.oauth_settings import OAuthSettings

SHORT = {"host": "mail.example.org", "user": "help", "password": "short"}
GOOGLE = {"service": "google", "client_id": "id", "client_secret": "s", "refresh_token": "r"}


def test_the_short_form_is_enough() -> None:
    settings = ImapSettings.model_validate(SHORT)
    assert (settings.port, settings.security, settings.folder) == (993, Security.TLS, ("INBOX",))
    assert (settings.after, settings.poll) == (After.SEEN, 45.0)


@pytest.mark.parametrize(
    ("written", "folders"), [("Ayuda", ("Ayuda",)), (["inbox", "Ayuda"], ("INBOX", "Ayuda"))], ids=["one", "list"]
)
def test_one_folder_or_a_list_of_them(written: object, folders: tuple[str, ...]) -> None:
    assert ImapSettings.model_validate({**SHORT, "folder": written}).folder == folders


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ({"password": None}, "password or oauth is needed"),
        ({"oauth": GOOGLE}, "password or oauth is needed"),
        ({"after": "move"}, "go together"),
        ({"move_to": "Done"}, "go together"),
        ({"after": "move", "move_to": "inbox"}, "into a folder that is followed"),
        ({"folder": ["INBOX", "Inbox"]}, "stands in the list twice"),
        ({"folder": "a\r\nb"}, "without control characters"),
        ({"folder": []}, "at least 1"),
        ({"user": "a\0b"}, "without control characters"),
    ],
)
def test_t24_what_makes_no_sense_is_refused_with_the_reason(written: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        ImapSettings.model_validate({**SHORT, **written})


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ({}, "one of them"),
        ({**GOOGLE, "token_command": ["a"]}, "stands alone"),
        ({**GOOGLE, "token_url": "https://example.org"}, "one of them"),
        ({**GOOGLE, "refresh_token": None}, "refresh_token is needed"),
        ({**GOOGLE, "client_id": None}, "client_id is needed"),
        ({**GOOGLE, "service": None, "token_url": "http://example.org/"}, "https URL is needed"),
        ({**GOOGLE, "service": None, "token_url": "https://127.0.0.1/"}, "not a public address"),
        ({**GOOGLE, "service": None, "token_url": "https://u:p@example.org/"}, "without user"),
        ({**GOOGLE, "tenant": "a/b"}, "pattern"),
    ],
)
def test_token_sources_that_make_no_sense_are_refused_with_the_reason(written: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        OAuthSettings.model_validate(written)


def test_a_person_s_refresh_token_is_posted_to_google() -> None:
    settings = OAuthSettings.model_validate(GOOGLE)
    assert settings.url == "https://oauth2.googleapis.com/token"
    assert settings.form("r") == {
        "grant_type": "refresh_token",
        "refresh_token": "r",
        "client_id": "id",
        "client_secret": "s",
    }


def test_an_application_logs_in_for_itself_at_microsoft() -> None:
    written = {"service": "microsoft", "tenant": "example.org", "client_id": "id", "client_secret": "s"}
    settings = OAuthSettings.model_validate(written)
    assert settings.url == "https://login.microsoftonline.com/example.org/oauth2/v2.0/token"
    assert settings.form(None) == {
        "grant_type": "client_credentials",
        "client_id": "id",
        "client_secret": "s",
        "scope": "https://outlook.office365.com/.default",
    }
