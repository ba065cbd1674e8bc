"""The arithmetic of contracted time: upper limits, each derived where it stands. Pure; all times in seconds.

Symbols: I start-to-start period of the probes; j the part of it by which a start may be late; n failed probes in all
that mean down; I_f spacing of the confirming probes; D probe timeout; s suspicion (s <= D); q wait before an attempt;
h hedge; D_b one attempt at a backup; F one search; b backoff; e lag of event loop and commits; f crashes; l lease;
r reclaim poll; B tickets at once; mu_b what the backup takes a second; W pick-up promise.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.core.bound import Bound, Term
from gateway.core.settings import show_duration
from gateway.core.texts import Saying


@dataclass(frozen=True, slots=True)
class Probing:
    """How a provider is probed."""

    every: float
    timeout: float
    suspect_after: float
    failures: int
    confirm_every: float
    jitter: float


@dataclass(frozen=True, slots=True)
class Desk:
    """What one hand-over to a provider may take."""

    name: str
    timeout: float
    search_timeout: float
    rate: float
    lease: float
    """How long a worker owns a ticket from the start of an attempt there."""
    assumptions: tuple[Saying, ...] = ()
    """What its acceptance of a ticket rests on, where that needs words."""
    doubt: float = 0.0
    """How long it isn't asked again after an attempt that it may have taken; none where it is asked by key first."""


@dataclass(frozen=True, slots=True)
class Canaries:
    """Tickets of nobody's, whose acknowledgement shows that the provider works."""

    every: float
    within: float


@dataclass(frozen=True, slots=True)
class Platform:
    """What is assumed of Relevo itself and of the machine it runs on."""

    lag: float = 0.25
    """Cap on lag of event loop and commits (e): watched, and alarmed when broken."""
    wait: float = 0.1
    """Wait before an attempt: queue, connection pool, rate limit (q)."""
    crashes: int = 1
    """Crashes that one hand-over survives within its time (f)."""
    restart_within: float = 1.5
    """From a crash until tickets are claimed again and each provider that is up has answered its first probe."""
    reclaim: float = 0.5
    """How often leases that ran out are looked for (r)."""
    leases_void_at_start: bool = True
    """The store's lock proves that no other gateway lives, so leases from before the start are void (SQLite)."""
    peers: bool = False
    """Other gateways share the store and reclaim what this one had."""


def detection(probing: Probing, lag: float) -> Bound:
    """T_active: from the fault (at the earliest, the start of the last probe that succeeded) to the state down.

    Probes start on a grid whatever the last one did, each up to jI late, so the first that meets a silent provider
    starts at most I(1+j) after the last that was answered. At s it is suspect; n-1 confirmers start, the first at once,
    the others at most I_f(1+j) apart, and the last has failed D after its start:

        T = I(1+j) + max(D, s + (n-2) I_f (1+j) + D) + e      for n >= 2
        T = I(1+j) + D + e                                    for n = 1

    (The first probe's own failure, at D, is never later for n >= 2; the maximum keeps the two cases in one line.)
    Nothing can clear the suspicion: only a success that started after the failed probe could, and after the fault
    none succeeds. The regular probes that start meanwhile only make it faster, as do failures of live traffic.
    """
    suspect_after = min(probing.suspect_after, probing.timeout)
    assumptions = (Saying("from the fault on no probe is answered"), _lags_at_most(lag))
    what = Saying("detection of silence")
    return Bound(what, _detection_terms(probing, suspect_after, probing.timeout, lag), assumptions)


def detection_of_errors(probing: Probing, lag: float) -> Bound:
    """T_active for explicit errors (refused, reset, 5xx): as for silence, with s and D the round trip of the error.

    An error raises suspicion when it arrives, so both s and D shrink to one round trip, which is taken to be at most s:
    a slower error counts as silence first, and is bounded by that.
    """
    round_trip = min(probing.suspect_after, probing.timeout)
    assumptions = (
        Saying(
            "from the fault on every probe is answered by an error within {round_trip}",
            round_trip=show_duration(round_trip),
        ),
        _lags_at_most(lag),
    )
    return Bound(Saying("detection of errors"), _detection_terms(probing, round_trip, round_trip, lag), assumptions)


def _detection_terms(probing: Probing, suspect_after: float, timeout: float, lag: float) -> tuple[Term, ...]:
    late = 1 + probing.jitter
    next_probe = Term(Saying("until the next probe starts"), probing.every * late, "I(1+j)")
    last_fails = Term(Saying("until the last probe has failed"), timeout, "D")
    tail = Term(Saying("lag"), lag, "e")
    if probing.failures == 1:
        return next_probe, last_fails, tail
    spacing = (probing.failures - 2) * probing.confirm_every * late
    return (
        next_probe,
        Term(Saying("until it raises suspicion"), suspect_after, "s"),
        Term(
            Saying("until the last of {probes} confirming probes starts", probes=probing.failures - 1),
            spacing,
            "(n-2) I_f (1+j)",
        ),
        last_fails,
        tail,
    )


def crash_cost(primary: Desk, backups: Sequence[Desk], platform: Platform) -> Term:
    """What one crash adds to a hand-over, at the worst moment: when a backup is about to answer.

    - Leases void at start (one gateway, SQLite): the attempt in hand is lost (D_b), the service is back and claims at
      once (restart), and asks the provider by key before it tries again (F). The lease plays no part. The general form
      max(l, restart) + r + F would be too short here: l runs from the start of the attempt, restart from its end. Where
      the hedge deadline is over by then, the primary, too, is asked first, in case it has the ticket, and is waited for
      as long as a search takes (the other F is in R_b).
    - Peers share the store: a peer may touch the ticket when the lease has run out, l after the attempt began (so
      the attempt in hand is within l), finds it within r, and searches: l + r + F. Nobody waits for the restart. An
      attempt at the primary holds the ticket likewise, so l is the longest lease of all.
    - One gateway on a store that keeps leases: whichever is later, the lease's end or the service's return after
      the attempt in hand: max(l, D_b + restart) + r + F.

    A crash after the answer and before its commit costs no more: the search finds the copy, and no second attempt is
    made. A crash before the hedge deadline costs less, since h runs on meanwhile. A backup that can't be asked by key
    may have what the crash cut off: in the place of F it is left alone for a while (d) before it gets the ticket again.
    """
    attempt = max(desk.timeout for desk in backups)
    search = max(*(desk.search_timeout for desk in (primary, *backups)), *(desk.doubt for desk in backups))
    lease = max(desk.lease for desk in (primary, *backups))
    if platform.peers:
        return Term(Saying("a peer takes over after a crash"), lease + platform.reclaim + search, "l + r + F")
    if platform.leases_void_at_start:
        seconds = attempt + platform.restart_within + search
        return Term(Saying("the attempt in hand lost by a crash, restart, search"), seconds, "D_b + restart + F")
    seconds = max(lease, attempt + platform.restart_within) + platform.reclaim + search
    return Term(Saying("restart or lease after a crash, search"), seconds, "max(l, D_b + restart) + r + F")


def ticket(hedge: float, primary: Desk, backups: Sequence[Desk], platform: Platform) -> Bound:
    """T_ticket: from durable acceptance to the acknowledgement of the last of `backups`, whatever the detector does.

        T = q + h + R_b + e + f * crash,    R_b = F + sum of D_b over the backups

    At the hedge deadline h the ticket stops waiting for the primary. A backup whose outcome is unknown is asked by key
    first (F); then each backup before the last is assumed to be silent for its whole timeout, and the last one
    answers its first attempt within its own. (A second attempt at the same backup would add D_b + b(1+j).) A wait for
    a place in the backup's lane or for a connection is q. For a crash see there. Detection only shortens h.
    """
    crash = crash_cost(primary, backups, platform)
    terms = (
        Term(Saying("wait before the first attempt"), platform.wait, "q"),
        Term(Saying("hedge: how long the primary may keep it unanswered"), hedge, "h"),
        Term(Saying("search"), max(desk.search_timeout for desk in backups), "F"),
        *(_attempt(desk) for desk in backups),
        Term(Saying("lag"), platform.lag, "e"),
        *[crash] * platform.crashes,
    )
    what = Saying("one ticket, at {provider}", provider=backups[-1].name)
    return Bound(what, terms, _ticket_assumptions(primary, backups, platform))


def _attempt(desk: Desk) -> Term:
    return Term(Saying("one attempt at {provider}", provider=desk.name), desk.timeout, "D_b")


def _ticket_assumptions(primary: Desk, backups: Sequence[Desk], platform: Platform) -> tuple[Saying, ...]:
    *before, last = (desk.name for desk in backups)
    silent = Saying("{providers}, asked before it, keeps silent at one attempt each", providers=", ".join(before))
    return (
        Saying("{provider} accepts at its first attempt (attempts assumed: 1)", provider=last),
        *((silent,) if before else ()),
        *(assumption for desk in (primary, *backups) for assumption in desk.assumptions),
        Saying("the wait before an attempt is at most {wait}", wait=show_duration(platform.wait)),
        _lags_at_most(platform.lag),
        _crashes_at_most(platform),
    )


def _crashes_at_most(platform: Platform) -> Saying:
    if platform.peers:
        return Saying("at most {crashes} crash(es) of Relevo during the hand-over", crashes=platform.crashes)
    return Saying(
        "at most {crashes} crash(es) of Relevo during the hand-over, each followed by a restart within {restart}",
        crashes=platform.crashes,
        restart=show_duration(platform.restart_within),
    )


def _lags_at_most(lag: float) -> Saying:
    return Saying("event loop and commits lag at most {lag}", lag=show_duration(lag))


def longest_hedge(contract: float, primary: Desk, backups: Sequence[Desk], platform: Platform) -> float:
    """The hedge that uses up what the contract leaves; zero or less where it leaves nothing.

    The longer the primary may keep a ticket, the fewer tickets are ever asked for at two providers.
    """
    return contract - ticket(0.0, primary, backups, platform).seconds


def rescue(size: int, detected: Bound, backup: Desk, platform: Platform) -> Bound:
    """T_rescue: from the primary's fault to the last of `size` tickets rescued.

        T = T_active + e + 2B/mu_b + R_b,    R_b = F + D_b

    When the fault is detected, one commit (e) puts the tickets back to waiting. Rescued and new tickets take turns at
    the backup, so the rescue has at least half of its rate, however many new ones arrive: B/(mu_b - L) for L < mu_b/2
    arrivals a second, B/mu_b for none. The last one to start needs one search and one attempt.
    """
    terms = (
        Term(Saying("detection"), detected.seconds, "T_active"),
        Term(Saying("lag"), platform.lag, "e"),
        Term(Saying("{size} tickets, taking turns with new ones", size=size), 2 * size / backup.rate, "2B/mu_b"),
        Term(Saying("search"), backup.search_timeout, "F"),
        _attempt(backup),
    )
    takes = Saying(
        "{provider} takes {rate} tickets a second, rescued and new ones", provider=backup.name, rate=f"{backup.rate:g}"
    )
    return Bound(Saying("rescue"), terms, (*detected.assumptions, takes))


def silent_death(pick_up_within: float, backup: Desk, platform: Platform) -> Bound:
    """A desk that accepts and where nobody works: from acceptance there to the backup's acknowledgement.

        T = W + q + R_b + e,    R_b = F + D_b

    A ticket not picked up within W goes to the backup like a new one. This is a bound for each ticket; when the
    provider's state shows it, see `unanswered_canary`.
    """
    terms = (
        Term(Saying("pick-up promise"), pick_up_within, "W"),
        Term(Saying("wait before the first attempt"), platform.wait, "q"),
        Term(Saying("search"), backup.search_timeout, "F"),
        _attempt(backup),
        Term(Saying("lag"), platform.lag, "e"),
    )
    assumption = Saying("the provider reports, or shows when read back, what is picked up")
    return Bound(Saying("silent death"), terms, (assumption,))


def unanswered_canary(name: str, canaries: Canaries, probing: Probing, lag: float) -> Bound:
    """A provider that takes tickets and where nothing works: from the fault to the state down.

        T = C + I(1+j) + W_c + T_active of errors

    A canary is sent by the first probe at which it is due, so the next one leaves at most I(1+j) after C is over; if
    the fault comes right after an acknowledgement, that is the first that is not answered. From W_c after its start on
    every probe fails by an error, at once.
    """
    errors = detection_of_errors(probing, lag)
    terms = (
        Term(Saying("until the next canary is due"), canaries.every, "C"),
        Term(Saying("until a probe sends it"), probing.every * (1 + probing.jitter), "I(1+j)"),
        Term(Saying("its acknowledgement is waited for"), canaries.within, "W_c"),
        *errors.terms,
    )
    assumption = Saying(
        "while {provider} works, it acknowledges a canary within {within}",
        provider=name,
        within=show_duration(canaries.within),
    )
    return Bound(Saying("detection of silent death"), terms, (assumption, *errors.assumptions))


@dataclass(frozen=True, slots=True)
class Drain:
    """What a burst does to a backup. Printed, not added to any bound."""

    size: int
    arrivals: float
    """Tickets a second that are assumed to come meanwhile."""
    longest_wait: float
    """Seconds: B/mu_b, what the last ticket of the burst waits."""
    seconds: float | None
    """Until nothing waits any more; None where it never happens, since as many arrive as are taken."""


def drain(size: int, rate: float, arrivals: float) -> Drain:
    """B/mu_b for the last of the burst. The backlog shrinks by mu_b - arrivals a second: B/(mu_b - arrivals) in all."""
    surplus = rate - arrivals
    return Drain(size, arrivals, size / rate, size / surplus if surplus > 0 else None)
