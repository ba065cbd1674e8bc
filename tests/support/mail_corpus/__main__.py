"""`python -m tests.support.mail_corpus`: the table of scores, and each message that fails with its reasons."""

import sys

from tests.support.mail_corpus.corpus import ABSENT, is_there, lines
from tests.support.mail_corpus.scores import scores

if not is_there():
    sys.exit(ABSENT)
print(*lines(scores()), sep="\n")
