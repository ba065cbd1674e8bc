"""What is fuzzed holds for the inputs that hypothesis thinks of, and for those that once made it fail."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.targets import GIVEN_OUT, REFERENCE, TARGETS
from tests.support.examples import examples
from tests.support.mail_bytes import PIECES

WORDS = [*(word.encode() for word in (*GIVEN_OUT, REFERENCE)), b"ana@example.org", b"x@acme.example"]
FIELDS = [b"From: ", b"To: ", b"Subject: ", b"In-Reply-To: ", b"References: ", b"Message-ID: ", b"Reply-To: ", b"\n"]
INPUTS = st.lists(st.one_of(st.sampled_from([*PIECES, *WORDS, *FIELDS]), st.binary(max_size=20)), max_size=40).map(
    b"".join
)


@pytest.mark.parametrize("target", TARGETS)
@given(data=INPUTS)
@examples(15)
def test_whatever_comes(target: str, data: bytes) -> None:
    TARGETS[target](data)
