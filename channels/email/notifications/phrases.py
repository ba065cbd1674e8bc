"""The phrases of mail servers, by what they mean, in the order in which they count: what is said in particular comes
before what is said in general. They are matched against plain words: lower case, one blank, an @ for each address."""

from channels.email.notifications.reasons import Reason

_WHO = r"(?:user|recipient|mail ?box|account|address(?:ee)?|local part|alias|person)"
_IS = r"(?:is |was |are |has been )?"
_NOT = r"(?:not|n't)"

PHRASES: tuple[tuple[Reason, tuple[str, ...]], ...] = (
    (
        Reason.AUTHENTICATION,
        (
            r"\b(?:spf|dkim|dmarc)\b",
            r"unauthenticated e?-?mail|sender is unauthenticated",
            r"authentication (?:information|checks? failed)",
        ),
    ),
    (
        Reason.SENDER,
        (
            rf"sender(?:'s)? (?:e-?mail )?(?:address|domain|@)?\W{{0,5}}{_IS}(?:rejected|refused|denied|invalid)",
            r"domain of sender|cannot verify sender|sender verify fail|purported responsible|unauthenticated senders",
            r"\bun(?:routeable|verified|known) sender|address is not verified",
            r"mail from\b.{0,40}\b(?:rejected|not allowed|denied)|valid from:|sending to/from",
        ),
    ),
    (
        Reason.BLOCKED,
        (
            r"\bptr\b|\brdns\b|\b(?:reverse|missing) dns\b|ip name lookup|valid sender domain|mismatches client ip",
            r"\b(?:black|block)[- ]?list|\brbl\b|dnsbl|\(bl\)|spamhaus|spamcop|uribl",
            r"(?<!not )\blisted (?:in|at|on)\b",
            r"\bblocked (?:using|by|for|due|ip)\b|\bip .{0,20}blocked|blocked - see|banned",
            rf"\b(?:host|network|ip(?: address)?|server) {_IS}"
            r"(?:rejected|blocked|denied|banned|not allowed|refused|forbidden)",
            r"\breputation\b|weren't sent|your isp\b|not accepting (?:mail|connections) from",
        ),
    ),
    (Reason.VIRUS, (r"\bvirus\b|\bmalware\b|\binfected\b",)),
    (
        Reason.MAILBOX_FULL,
        (
            rf"(?:mail ?box|account|inbox|folder)(?: size| storage)?(?: for user)? {_IS}(?:too )?(?:full|large)\b",
            r"\bquota (?:is )?(?:exceed|violat|full)|quotaexceeded|exceed\w* .{0,30}quota",
            r"\bover (?:the )?(?:disk |storage )?quota|storage allocation|mailbox size limit",
            r"(?:out of|not enough|insufficient) (?:disk |storage |mailbox )?(?:space|storage)",
            r"mail ?box .{0,20}exceed",
            r"buz[oó]n .{0,40}llen[oa]|caixa .{0,40}cheia|bo[iî]te .{0,40}pleine|postfach .{0,40}voll",
            r"メールボックスが一杯",
        ),
    ),
    (
        Reason.TOO_BIG,
        (
            rf"(?:message|mail|size|attachment|content)s? {_IS}too (?:big|large|long)",
            r"(?:size|length|line)(?: limit)? exceed|exceed\w* .{0,40}(?:size|limit set by)",
            r"mail size limit|size restriction|recipsizelimit",
        ),
    ),
    (
        Reason.MAILBOX_DISABLED,
        (
            rf"{_WHO}\b.{{0,50}}\b(?:disabled|suspended|frozen|inactive|locked|deactivated|discontinued)",
            rf"{_WHO}\b.{{0,50}}\b(?:on hold|blocked)",
            rf"\b(?:disabled|suspended|inactive|deactivated)\b.{{0,20}}\b{_WHO}|not accepting (?:messages|mail)\b",
        ),
    ),
    (
        Reason.MOVED,
        (
            r"no longer (?:on|at|with)\b|no forwarding address|\bhas moved|address .{0,20}has changed",
            r"not our (?:user|customer)|user not local|please try @",
        ),
    ),
    (
        Reason.NO_MAIL,
        (
            r"(?:does not|doesn't|not) (?:accept|receive|accepting) (?:any )?(?:mail|e-?mail|network messages)\b",
            r"\bnull mx\b|no mx (?:record )?found|no smtp service",
        ),
    ),
    (
        Reason.HOST_UNKNOWN,
        (
            r"\b(?:host|domain|server)(?: or domain)?(?: name)?\b[^:;@]{0,20}\b(?:unknown|invalid)",
            r"\b(?:host|domain|server)(?: or domain)?(?: name)?\b[^:;@]{0,20}\bnot (?:found|reachable)",
            r"\b(?:no such|unknown|invalid|illegal|nonexistent) (?:host|domain)|\bhost\b.{0,80}\bnot found",
            r"nxdomain|unrouteable (?:mail )?domain|bad destination system|couldn't find any host",
            r"(?:domain\b.{0,80}|[a-z0-9-]\.[a-z]{2,20} )\b(?:does not|doesn't) exist",
        ),
    ),
    (
        Reason.USER_UNKNOWN,
        (
            rf"{_WHO}\b(?: name)?\W{{0,3}}{_IS}(?:an? )?(?:unknown|unrecogni[sz]ed|invalid|illegal)\b",
            r"\b(?:unknown|invalid|bad|illegal|no such|non-?existent|undefined)"
            r"(?: or illegal| local| final delivery| destination| remote)?(?: e-?mail)? "
            rf"(?:{_WHO}|userid)\b",
            rf"{_WHO}(?: name)?\b.{{0,40}}\b{_NOT} (?:be )?(?:found|exist|listed|known|recogni[sz]ed|valid)",
            rf"{_WHO}\b.{{0,60}}\b(?:does|do|did) ?{_NOT} (?:have|exist)|(?:does|do|did) ?{_NOT} exist",
            rf"\bno {_WHO} (?:here )?(?:by|with|of|named)|this user doesn't have\b|unrouteable address",
            rf"{_NOT} a (?:valid|known|local) (?:e-?mail )?{_WHO}",
            r"recip(?:ient)?notfound|not listed in .{0,30}directory",
            r"(?:destinatari[oa]|usuari[oa])\b.{0,30}\b(?:desconocid[oa]|desconhecid[oa]|inexistente)",
            r"(?:destinataire|utilisateur|empf[aä]nger)\b.{0,30}\b(?:inconnue?|invalide|unbekannt)",
            r"\bno existe\b|n[aã]o existe|n'existe pas|existiert nicht",
            r"見つかりません|存在しません|リストにありません",
        ),
    ),
    (
        Reason.NETWORK,
        (
            r"\bhop count|too many hops|mail(?:er)? loop|routing loop|loops back",
            r"dns (?:query|lookup|error)|name service error|name server|lookup failure",
            r"lost connection|network (?:is )?unreachable|no route to host|host is down|unable to connect",
        ),
    ),
    (
        Reason.RATE,
        (
            r"(?:rate|frequency|connection) (?:is )?limit|too (?:many|much)\b|\bat a rate\b|daily .{0,20}quota",
            r"temporarily deferred due|unexpected volume|\bthrottl",
        ),
    ),
    (Reason.SPAM, (r"\bspam|\bube\b|\buce\b|\bjunk\b|unsolicited|bulk mail|content rejected|spamsignature",)),
    (
        Reason.RELAYING,
        (r"\brelay(?:ing)? (?:access )?(?:denied|not|prohibited)|no relaying|not .{0,30}to relay|do not relay",),
    ),
    (
        Reason.EXPIRED,
        (
            r"\bexpired\b|timed? ?out\b|timeout|giving up|gave up|could not deliver for|within .{0,20}(?:days|hours)",
            r"did not accept our requests to connect|not (?:yet )?been delivered|unable to deliver .{0,30}after",
            r"connection refused|not responding|been failing for a long time|delivery failed \d+ attempts",
        ),
    ),
    (
        Reason.POLICY,
        (
            r"\bpolic(?:y|ies)\b|security|potential|recipient preferences|not authori[sz]ed|authentication required",
            r"prohibited|not permitted|not allowed|not (?:a )?member",
        ),
    ),
    (Reason.CONTENT, (r"\bheader|media error|rfc ?(?:2822|5322)|multiple addresses in from|8-bit|attachment|content",)),
    (Reason.PROGRAM, (r"mailer error|procmail|\bpipe to\b|\bdelivery agent|local delivery failed|child process",)),
    (
        Reason.SYSTEM,
        (
            r"system error|temporary failure|try again later",
            r"service (?:is )?(?:currently |temporarily )?(?:unavailable|not available|refused)",
        ),
    ),
    # What servers say of a mailbox that isn't there when they say no more than they must.
    (
        Reason.USER_UNKNOWN,
        (r"recipient address rejected|^[^a-z@]*(?:@ |address )rejected|mailbox (?:is )?unavailable",),
    ),
)

STOCK_PHRASE = r"unknown user|user unknown|no such user"
"""Denies the recipient, and is also what servers say of mail that they don't like."""
