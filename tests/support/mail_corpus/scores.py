"""The parser's scores on the mail corpus, a set each."""

from tests.support.mail_corpus import mime4j, stalwart, tnef
from tests.support.mail_corpus.corpus import Score


def scores() -> list[Score]:
    return [stalwart.score(), mime4j.score(), tnef.score()]
