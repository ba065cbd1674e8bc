"""The postbox's texts: its catalogues are in `texts`."""

from pathlib import Path

from gateway.core.texts import Texts

TEXTS = Texts(Path(__file__).with_name("texts"))
