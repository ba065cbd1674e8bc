"""Whether a mail is a mail system's word about a delivery, though it has no status part: several signs together, since
a person may forward a bounce, write of one, or sign as postmaster."""

import re

from channels.email.automatic import subject_of_automatic_reply
from channels.email.mail import Mail

_MOST_TEXT = 20_000
_SYSTEMS = re.compile(
    r"mailer-?daemon|post_?master|mail[- ]?(?:er)?[- ]?daemon|mdaemon|mail delivery (?:sub)?system", re.IGNORECASE
)
_FAILURES = (
    r"undeliver(?:able|ed)|returned mail|failure notice|non-?delivered|was returned",
    r"delivery (?:status )?(?:notification|fail|report|error|problem|delay|has failed)",
    r"delivery (?:to|of) .{0,80}(?:fail|delay)",
    r"mail (?:delivery )?(?:system )?(?:failure|failed|error)",
    r"(?:could|can|was|were|has|have)(?: ?not|n't) (?:yet )?(?:be(?:en)? )?(?:sent|delivered|reach)",
    r"(?:unable|not able|wasn't able|failed) to (?:be )?deliver|did not reach|could not be reached",
    r"error (?:occurred while )?(?:trying to )?deliver|(?:delivery|fatal) (?:errors|problems)|trouble delivering",
    r"following (?:address|recipient)|rejected by|return(?:ed|ing) (?:message )?to sender|error sending your mail",
    r"transcript of session|unsent message",
    r"(?:<<<|>>>) ?[45]\d\d",
    r"no se (?:ha )?(?:pudo|podido) entregar|devuelto al remitente|n[aã]o (?:p[oô]de|foi) (?:ser )?entregue",
    r"n'a pas pu [eê]tre|unzustellbar|nicht zugestellt|non recapitabile|non [eè] stato possibile recapitare",
)
_FAILED = re.compile("|".join(_FAILURES), re.IGNORECASE)
_REFUSAL = re.compile(r"(?<![\d.])[45]\d\d[ -]#?[45]\.\d{1,3}\.\d{1,3}|(?:<<<|>>>|said:|with:) ?[45]\d\d")


def is_from_mail_system(mail: Mail) -> bool:
    """Whether sender and words are a mail system's. A null sender is any automatic mail's: it takes a subject of the
    kind, or a server's refusal in the text."""
    if subject_of_automatic_reply(mail.subject):
        return False
    if mail.all("x-failed-recipients"):
        return True
    text = mail.text[:_MOST_TEXT]
    if _FAILED.search(mail.subject):
        return _names_system(mail) or _has_null_sender(mail)
    if _names_system(mail):
        return bool(_FAILED.search(text))
    return _has_null_sender(mail) and bool(_REFUSAL.search(text))


def _names_system(mail: Mail) -> bool:
    return any(_SYSTEMS.search(value[:1000]) for value in mail.all("from"))


def _has_null_sender(mail: Mail) -> bool:
    return any(path.strip() in ("<>", "") or "mailer-daemon" in path.lower() for path in mail.all("return-path"))
