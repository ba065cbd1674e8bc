"""`gateway.organisation`: whose service it is, and how its public pages look."""

from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, field_validator

from gateway.core.colours import TEXT_CONTRAST, Colour, contrast, parse_colour, readable, reads_on
from gateway.core.look import DARK, LIGHT, OwnColours, Scheme
from gateway.core.organisation import LOGO_LIMIT, Logo, Organisation, PageLink, recognise_logo
from gateway.core.settings import LocalPath, LocalText, Settings


def _colour(value: Any) -> Any:
    # Without quotes YAML takes it for a comment, and nothing is left.
    if not isinstance(value, str):
        raise ValueError('a colour is needed, in quotes, such as "#0b5cad"')  # noqa: TRY004
    return parse_colour(value)


def _readable_on(scheme: Scheme) -> AfterValidator:
    def check(colour: Colour) -> Colour:
        if reads_on(colour, scheme.grounds):
            return colour
        ratio = min(contrast(colour, ground) for ground in scheme.grounds)
        raise ValueError(
            f"text of this colour can't be read on the page: its contrast is {ratio:.1f}, and {TEXT_CONTRAST} is "
            f'needed (WCAG 2.2 AA); the nearest that can is "{readable(colour, scheme.grounds)}"'
        )

    return AfterValidator(check)


def _is_folder(path: Path) -> Path:
    if path.is_dir():
        return path
    raise ValueError("there is no such folder; a relative path starts at the folder of this file")


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (OSError, ValueError, KeyError):  # ZoneInfoNotFoundError is a KeyError
        raise ValueError("a time zone of the IANA database is needed, such as Europe/Madrid") from None
    return name


def _https(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("an address is needed, such as https://www.example.org/privacy")
    return url


_SHOWN = PlainSerializer(lambda colour: colour and str(colour), return_type=str | None)
_Colour = Annotated[Colour | None, BeforeValidator(_colour, json_schema_input_type=str), _SHOWN]


def _read_logo(path: Path) -> Logo:
    """Raises ValueError."""
    try:
        with path.open("rb") as file:
            return recognise_logo(file.read(LOGO_LIMIT + 1))
    except OSError as error:
        reason = error.strerror or "it can't be opened"
        raise ValueError(
            f"the file can't be read ({reason}); a relative path starts at the folder of this file"
        ) from None


class ColourSettings(Settings):
    """The organisation's colours, each written as "#rrggbb"; text on them is white or black, whichever can be read."""

    brand: _Colour = Field(None, description="The band at the top of every page.")
    accent: Annotated[_Colour, _readable_on(LIGHT)] = Field(
        None, description="Links and buttons. Without it: the brand's colour, darkened until it can be read."
    )
    brand_dark: _Colour = Field(None, description="The band in the dark scheme. Without it: `brand`.")
    accent_dark: Annotated[_Colour, _readable_on(DARK)] = Field(
        None,
        description="Links and buttons in the dark scheme. Without it: the band's, lightened until it can be read.",
    )


class LinkSettings(Settings):
    """A link at the foot of every page."""

    name: LocalText = Field(description="What it says, in one or in each language.")
    url: Annotated[str, AfterValidator(_https)] = Field(description="Where it leads.")


class OrganisationSettings(Settings):
    """Whose service it is."""

    name: str = Field("Relevo", min_length=1, max_length=100, description="Name shown on the public pages.")
    colours: ColourSettings = ColourSettings()
    logo: LocalPath | None = Field(
        None,
        description="File with its logo: PNG, JPEG, WebP or SVG, at most 256 KiB; shown 2.5 rem high on the brand.",
    )
    links: tuple[LinkSettings, ...] = Field(
        (), max_length=8, description="Links at the foot of every page, such as the privacy notice."
    )
    timezone: Annotated[str, AfterValidator(_zone)] = Field(
        "UTC", description="IANA name of the time zone in which times are shown, such as Europe/Madrid."
    )
    languages: tuple[Literal["en", "es"], ...] = Field(
        ("en", "es"), min_length=1, description="Offered to people; the first where a browser accepts none of them."
    )
    texts: Annotated[LocalPath, AfterValidator(_is_folder)] | None = Field(
        None, description="Folder with `es.po` or `en.po`, whose texts stand in place of ours; see docs/web.md."
    )

    @field_validator("logo")
    @classmethod
    def _usable_logo(cls, logo: Path | None) -> Path | None:
        if logo is not None:
            _read_logo(logo)
        return logo

    def organisation(self) -> Organisation:
        """The same for those who show it. Raises ValueError where the logo has become unusable meanwhile."""
        own = self.colours
        return Organisation(
            name=self.name,
            colours=OwnColours(own.brand, own.accent, own.brand_dark, own.accent_dark),
            logo=_read_logo(self.logo) if self.logo else None,
            links=tuple(PageLink(link.name, link.url) for link in self.links),
            zone=ZoneInfo(self.timezone),
            languages=tuple(dict.fromkeys(self.languages)),
            texts=self.texts,
        )
