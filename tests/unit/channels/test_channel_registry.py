import pytest
from pydantic import ValidationError

from channels.registry import CHANNEL_TYPES
from channels.web.settings import WebSettings


def test_the_web_channel_is_registered() -> None:
    assert CHANNEL_TYPES["web"].settings is WebSettings


def test_settings_have_defaults_and_refuse_what_they_do_not_know() -> None:
    assert WebSettings().body_limit == 262_144
    with pytest.raises(ValidationError, match="extra"):
        WebSettings.model_validate({"bodylimit": 1})
