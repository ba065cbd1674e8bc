"""The YAML parser's complaints in our own words, which repeat nothing of the file."""

from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.reader import ReaderError

from config.problems import Mark, Problem

_WORDS = (
    ("character '\\t'", "a tab; allowed: spaces for indentation"),
    ("character '@'", "a text can't begin with @; put it in quotes"),
    ("character '`'", "a text can't begin with a backtick; put it in quotes"),
    ("character '%'", "a text can't begin with %; put it in quotes"),
    (
        "mapping values are not allowed",
        "a colon that is not expected; check the indentation, or put the text in quotes",
    ),
    ("unexpected ':'", "a colon that is not expected; put the text in quotes"),
    ("could not find expected ':'", "a key without its colon; write key: value"),
    ("expected ',' or ']'", "this list is not closed; expected , or ]"),
    ("expected ',' or '}'", "this mapping is not closed; expected , or }"),
    ("unexpected end of stream", "a quote is not closed"),
    ("unexpected document separator", "a quote is not closed"),
    ("unknown escape character", "an unknown escape after the backslash; in single quotes a backslash is a backslash"),
    ("escape sequence", "an incomplete escape after the backslash; in single quotes a backslash is a backslash"),
    ("expected <block end>", "the indentation does not fit; keys of one mapping begin in the same column"),
    ("sequence entries are not allowed", "a list item (-) that is not expected; check the indentation"),
    ("mapping keys are not allowed", "a key that is not expected; check the indentation"),
    ("expected the node content", "a value is expected; put a text that begins with a special character in quotes"),
    ("indentation indicator", "after | or > comes a line break"),
    ("expected a comment or a line break", "after | or > comes a line break"),
    ("tag", "tags (!...) are not allowed; put a text in quotes"),
)


def explain_syntax(error: Exception, text: str) -> Problem:
    """What is wrong, and where, for an error that the parser raised while it read `text`."""
    if isinstance(error, ReaderError):
        return Problem("a control character; allowed: printable text", _mark_at(text, error.position))
    if not isinstance(error, MarkedYAMLError):
        return Problem("this is not valid YAML", Mark(1, 1))
    complaint = f"{error.problem} {error.context}"
    words = next((words for sign, words in _WORDS if sign in complaint), "this is not valid YAML")
    mark = error.problem_mark or error.context_mark
    return Problem(words, Mark(mark.line + 1, mark.column + 1) if mark else Mark(1, 1))


def _mark_at(text: str, position: int) -> Mark:
    before = text[:position]
    return Mark(before.count("\n") + 1, position - (before.rfind("\n") + 1) + 1)
