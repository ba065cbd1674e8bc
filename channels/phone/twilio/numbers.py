"""Phone numbers: one written form, which of them may be called or written to, and who wants no more messages. Pure.

A caller's number is a hint and never a login (T37). Where we call or write by ourselves, premium and foreign numbers
would make strangers' money of it (T35): only ordinary subscribers' numbers of the permitted countries are left.
"""

import re
from collections.abc import Collection
from enum import StrEnum
from functools import lru_cache

_WHATSAPP = "whatsapp:"
_WITHHELD = frozenset({"+266696687", "+7378742833", "+2562533", "+8656696", "+86282452253"})
"""What networks write on a keypad where a number is kept back: anonymous, restricted, blocked, unknown, unavailable."""
_SHOWN = re.compile(r"\+[1-9][0-9]{6,14}")
_OLD_MEXICAN_MOBILE = re.compile(r"\+521(\d{10})")
_APART = re.compile(r"[\W_]+")

_STOP = frozenset(
    {
        *("stop", "stopall", "stop all", "unsubscribe", "cancel", "end", "quit", "revoke", "optout", "opt out"),
        *("baja", "alto", "parar", "cancelar", "dar de baja", "darme de baja", "arret", "arrêt"),
    }
)
_START = frozenset({"start", "unstop", "alta", "dar de alta", "darme de alta"})


class Objection(StrEnum):
    """Why a number is neither called nor written to."""

    NO_NUMBER = "no_number"
    COUNTRY = "country"
    """It isn't among those that are permitted."""
    COSTLY = "costly"
    """No ordinary subscriber's: premium, shared cost, personal, ..."""
    NO_TEXTS = "no_texts"
    """A fixed line."""


class Wish(StrEnum):
    """What a whole message can say about further ones."""

    STOP = "stop"
    START = "start"
    """It means something only where STOP came before; else it is a message like any other."""


@lru_cache(maxsize=256)
def normal_number(written: str, country: str | None = None) -> str | None:
    """E.164, such as +34910000000; None for a number that is withheld, and for what is none.

    `country` (ISO 3166, two letters) is assumed where there is no prefix. The `whatsapp:` before a number is not part
    of it. Mexico's mobiles lost their 1 in 2019, and some networks still write it.
    """
    import phonenumbers  # only here: it takes longer to import than a command to answer

    number = written.removeprefix(_WHATSAPP).strip()
    if number in _WITHHELD or len(number) > 40:
        return None
    old = _OLD_MEXICAN_MOBILE.fullmatch(number)
    try:
        parsed = phonenumbers.parse(f"+52{old[1]}" if old else number, country)
    except phonenumbers.NumberParseException:
        return None
    if parsed.extension or not phonenumbers.is_possible_number(parsed):
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def shown_number(caller: str) -> str | None:
    """The number that the network shows of a caller; None where it is withheld, and for an address such as sip:,
    whatever digits stand in it."""
    return normal_number(caller) if _SHOWN.fullmatch(caller) else None


def objection(number: str, countries: Collection[str], *, texts: bool = False) -> Objection | None:
    """Why nobody may be called (or, with `texts`, written to by SMS) at `number`, which is E.164; None where they may.

    `countries` are ISO 3166 codes in capital letters. +1 is many countries, and each is judged by itself.
    """
    import phonenumbers  # see above

    kinds = phonenumbers.PhoneNumberType
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return Objection.NO_NUMBER
    if not phonenumbers.is_valid_number(parsed):
        return Objection.NO_NUMBER
    if phonenumbers.region_code_for_number(parsed) not in countries:  # "001" for satellites and the like
        return Objection.COUNTRY
    kind = phonenumbers.number_type(parsed)
    if kind not in (kinds.FIXED_LINE, kinds.MOBILE, kinds.FIXED_LINE_OR_MOBILE, kinds.VOIP):
        return Objection.COSTLY
    return Objection.NO_TEXTS if texts and kind == kinds.FIXED_LINE else None


def wish_of(text: str, opt_out_type: str = "") -> Wish | None:
    """What a message says that is nothing but one of the words; `opt_out_type` is Twilio's own reading of it
    (OptOutType, where a Messaging Service has Advanced Opt-Out), and goes first.

    Twilio's English words are all there (its help article 223134027), since it blocks at them by itself.
    """
    if opt_out_type.lower() in (Wish.STOP, Wish.START):
        return Wish(opt_out_type.lower())
    if len(text) > 40:
        return None
    words = _APART.sub(" ", text.casefold()).strip()
    if words in _STOP:
        return Wish.STOP
    return Wish.START if words in _START else None
