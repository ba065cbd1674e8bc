"""The mark by which a desk's system knows its ticket in a subject, such as `[SUR#4711]`: many go by nothing else."""

import re

_GROUP = re.compile(r"(?<!\\)\((?!\?)[^()]*(?<!\\)\)")
_ESCAPED = re.compile(r"\\(\W)")


def tag_of(pattern: str | None, number: str | None) -> str:
    """The pattern of the desk's number with that number in the place of its group; "" where the pattern has more to it
    than plain characters, so that what it would find can't be written."""
    groups = _GROUP.findall(pattern) if pattern and number else []
    if not pattern or not number or len(groups) != 1:
        return ""
    before, after = pattern.split(groups[0])
    tag = f"{_ESCAPED.sub(_itself, before)}{number}{_ESCAPED.sub(_itself, after)}"
    found = re.fullmatch(pattern, tag, re.IGNORECASE)
    return tag if found and found[1] == number and tag.isprintable() else ""


def _itself(found: re.Match[str]) -> str:
    return found[1]
