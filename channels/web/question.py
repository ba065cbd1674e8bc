"""The question that suspicious forms are asked: a small sum in words. It needs no script, picture or third party; a
screen reader says it like any other label; and it may be answered in figures or in words."""

from dataclasses import dataclass

from gateway.core.texts import Language, mark

NUMBERS = (
    mark("zero"),
    mark("one"),
    mark("two"),
    mark("three"),
    mark("four"),
    mark("five"),
    mark("six"),
    mark("seven"),
    mark("eight"),
    mark("nine"),
    mark("ten"),
    mark("eleven"),
    mark("twelve"),
    mark("thirteen"),
    mark("fourteen"),
    mark("fifteen"),
    mark("sixteen"),
    mark("seventeen"),
    mark("eighteen"),
)
_QUESTION = mark("How much is {first} plus {second}?")
_LARGEST = 9


@dataclass(frozen=True, slots=True)
class Question:
    """A sum of two numbers from one to nine."""

    first: int
    second: int

    @classmethod
    def of(cls, secret: bytes) -> "Question":
        """The question that belongs to some bytes, the same ones always."""
        return cls(secret[0] % _LARGEST + 1, secret[1] % _LARGEST + 1)

    def asked(self, language: Language) -> str:
        return language(_QUESTION, first=language(NUMBERS[self.first]), second=language(NUMBERS[self.second]))

    def answered_by(self, answer: str, language: Language) -> bool:
        total = self.first + self.second
        return answer.strip().rstrip(".").casefold() in (str(total), language(NUMBERS[total]).casefold())
