"""In which order the verbs of one group run, whoever called first.

What settles something runs before what wakes and claims: a worker that defers a delivery and a wake that comes right
after may share a group, and the wake must not be lost. No caller waits for one verb and depends on another of the same
group, so any order that keeps this is right.
"""

from typing import Any

from gateway.store.transaction import Verb
from gateway.store.verbs.accept import accept
from gateway.store.verbs.begin import begin
from gateway.store.verbs.calls import keep_call
from gateway.store.verbs.claim import claim
from gateway.store.verbs.drain import drain
from gateway.store.verbs.ending import adopt, defer, finish, quarantine, sent
from gateway.store.verbs.forget_calls import forget_calls
from gateway.store.verbs.keeping import record_audit, record_health, save_policies, save_takeover, secret
from gateway.store.verbs.mails import forget_mails, keep_mail, mail_read, save_position
from gateway.store.verbs.opt_out import opt_out
from gateway.store.verbs.outbox import announce, wake
from gateway.store.verbs.quarantined import discard, release, replay_mails
from gateway.store.verbs.record import record
from gateway.store.verbs.recover import recover
from gateway.store.verbs.report import report
from gateway.store.verbs.rescue import rescue, supersede
from gateway.store.verbs.reserve import reserve
from gateway.store.verbs.returned import letter_returned
from gateway.store.verbs.watch import mark_overdue

ORDER: tuple[Verb[Any, Any], ...] = (
    recover,
    accept,
    drain,
    keep_mail,
    save_position,
    keep_call,
    opt_out,
    begin,
    report,
    record,
    letter_returned,
    sent,
    adopt,
    mail_read,
    finish,
    quarantine,
    defer,
    rescue,
    supersede,
    release,
    replay_mails,
    discard,
    announce,
    save_takeover,
    record_health,
    save_policies,
    record_audit,
    secret,
    reserve,
    forget_mails,
    forget_calls,
    mark_overdue,
    wake,
    claim,
)
_RANKS = {verb: place for place, verb in enumerate(ORDER)}


def rank(verb: Verb[Any, Any]) -> int:
    """The verb's place in a group."""
    return _RANKS[verb]
