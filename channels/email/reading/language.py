"""In which language a mail's writer would be answered best: Spanish, English, or nobody knows. Pure, linear."""

import re
from collections import Counter, defaultdict
from typing import Literal

from channels.email.mail import Mail
from channels.email.reading.common_words import COMMON_WORDS

Language = Literal["es", "en"]
"""What we can answer in."""
_LOOKED_AT = 1500
"""Characters of the new text."""
_LEAST = 2.0
"""What the words of a text must come to, each counting one, or less if it is common to several languages."""
_MARGIN = 1.5
"""By which a language must be ahead of any other."""
_LONGEST_TAG = 40
_WORD = re.compile(r"[\w']+")
_TAG = re.compile(r"\s*([a-z]{2,3})(?:-[a-z0-9-]*)?\s*(?:;|$)", re.IGNORECASE)


def _weights() -> dict[str, list[tuple[str, float]]]:
    """For each word the languages that it speaks for: one that several share says little."""
    languages = defaultdict[str, list[str]](list)
    for language, words in COMMON_WORDS.items():
        for word in words.split():
            languages[word].append(language)
    return {word: [(each, 1 / len(found)) for each in found] for word, found in languages.items()}


_WEIGHTS = _weights()


def language_of(mail: Mail) -> Language | None:
    """`es`, `en` or None. By what is new in the text, if that is clear: the fields tell the language of the program,
    which many leave as it was installed. Else by Content-Language, then by Accept-Language (RFC 3282)."""
    return (
        _of_text(mail.reply[:_LOOKED_AT]) or _of_fields(mail, "content-language") or _of_fields(mail, "accept-language")
    )


def _of_text(text: str) -> Language | None:
    scores = dict.fromkeys(COMMON_WORDS, 0.0)
    counts = Counter(_WORD.findall(text.lower().replace("’", "'")))
    for word in counts.keys() & _WEIGHTS.keys():
        for language, weight in _WEIGHTS[word]:
            scores[language] += weight * counts[word]
    best, second = sorted(scores, key=scores.__getitem__, reverse=True)[:2]
    clear = scores[best] >= max(_LEAST, _MARGIN * scores[second])
    return _answered(best) if clear else None


def _of_fields(mail: Mail, name: str) -> Language | None:
    """The first language in the fields of that name."""
    for value in mail.all(name):
        tag = _TAG.match(value.partition(",")[0][:_LONGEST_TAG])
        if tag:
            return _answered(tag[1].lower())
    return None


def _answered(language: str) -> Language | None:
    match language:
        case "es" | "en":
            return language
        case _:
            return None
