"""Facts about mails, in words that are kept with their tickets and messages. Pure."""

from channels.email.authentication import Authenticated, Authentication, NotAuthenticated, Why
from channels.shown import one_line

AUTHENTICATED = "authenticated"
"""Under this name a ticket's metadata say what is known of the mail that opened it."""
NOBODY_SAYS = "no"
"""Nobody answers for the sender."""
DISOWNED = "failed"
"""The sender's own domain disowns the mail."""
LONGEST = 500


def authenticated(authentication: Authentication) -> str:
    """`dkim example.org`, NOBODY_SAYS or DISOWNED."""
    match authentication:
        case Authenticated(domain, method):
            return one_line(f"{method} {domain}", LONGEST)
        case NotAuthenticated(Why.FAILED):
            return DISOWNED
        case _:
            return NOBODY_SAYS
