"""In which language a text's writer would be answered best: Spanish, English, or nobody knows. Pure, linear."""

import re
from collections import Counter, defaultdict
from typing import Literal

from channels.common_words import COMMON_WORDS

Language = Literal["es", "en"]
"""What we can answer in."""
_LOOKED_AT = 1500
"""Characters."""
_LEAST = 2.0
"""What the words of a text must come to, each counting one, or less if it is common to several languages."""
_MARGIN = 1.5
"""By which a language must be ahead of any other."""
_WORD = re.compile(r"[\w']+")


def _weights() -> dict[str, list[tuple[str, float]]]:
    """For each word the languages that it speaks for: one that several share says little."""
    languages = defaultdict[str, list[str]](list)
    for language, words in COMMON_WORDS.items():
        for word in words.split():
            languages[word].append(language)
    return {word: [(each, 1 / len(found)) for each in found] for word, found in languages.items()}


_WEIGHTS = _weights()


def language_of_text(text: str) -> Language | None:
    """`es`, `en`, or None where its words are too few, or another language's."""
    scores = dict.fromkeys(COMMON_WORDS, 0.0)
    counts = Counter(_WORD.findall(text[:_LOOKED_AT].lower().replace("’", "'")))
    for word in counts.keys() & _WEIGHTS.keys():
        for language, weight in _WEIGHTS[word]:
            scores[language] += weight * counts[word]
    best, second = sorted(scores, key=scores.__getitem__, reverse=True)[:2]
    clear = scores[best] >= max(_LEAST, _MARGIN * scores[second])
    return answered_in(best) if clear else None


def answered_in(language: str) -> Language | None:
    """The language itself, where we can answer in it."""
    match language:
        case "es" | "en":
            return language
        case _:
            return None
