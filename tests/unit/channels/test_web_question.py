from hypothesis import given
from hypothesis import strategies as st

from channels.web.question import NUMBERS, Question
from gateway.core.texts import Language

ENGLISH = Language("en", {})


@given(st.binary(min_size=2, max_size=32))
def test_every_question_has_its_answer_in_figures_and_in_words(secret: bytes) -> None:
    question = Question.of(secret)
    total = question.first + question.second
    assert question.answered_by(f"  {total}. ", ENGLISH)
    assert question.answered_by(NUMBERS[total].upper(), ENGLISH)
    for wrong in ("", str(total + 1), f"{total}{total}", NUMBERS[0]):
        assert not question.answered_by(wrong, ENGLISH)
    assert NUMBERS[question.first] in question.asked(ENGLISH)
