"""The texts of a call's transcript: their catalogues are in `texts`."""

from pathlib import Path

from gateway.core.texts import Texts

TEXTS = Texts(Path(__file__).with_name("texts"))
"""The transcript's texts."""
