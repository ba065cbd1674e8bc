"""How mail programs mark what isn't new in a reply, in the languages of our users. Each pattern is linear, and only
ever tried on a short line."""

import re

LONGEST_MARKER = 400
"""Characters of a line that can be a marker at all."""

_WROTE = "wrote|writes|escribi[óo]|escribe|a écrit|ecrit|schrieb|schreibt|escreveu|ha scritto|scrive|schreef"
ATTRIBUTION_BEGINS = re.compile(
    r"(?:on|at|el|le|am|um|em|il|a|op)\b|\d{1,4}[./-]\d{1,2}[./-]\d{1,4}|(?:mon|tue|wed|thu|fri|sat|sun|lun|mar|mi|jue|vie|"
    r"s[áa]b|dom|jeu|ven|sam|dim|die|don|fre|sam|son|seg|ter|qua|qui|sex|gio)\w{0,8}[.,]",
    re.IGNORECASE,
)
ATTRIBUTION_ENDS = re.compile(rf"\b(?:{_WROTE})\b[^:]{{0,120}}:$", re.IGNORECASE)
"""`On Mon, 3 Mar 2025, Ana wrote:`, `El lun, 3 mar 2025, Ana (<ana@x>) escribió:`, `Am 3.3.2025 schrieb Ana:`"""

_ORIGINAL = (
    "original message|mensaje original|message d['’]origine|message original|ursprüngliche nachricht|"
    "originalnachricht|mensagem original|messaggio originale|original-nachricht"
)
ORIGINAL = re.compile(rf"[-_=*\s]{{2,40}}(?:{_ORIGINAL})[-_=*:\s]{{2,40}}", re.IGNORECASE)

_FORWARDED = (
    "forwarded message|mensaje reenviado|forwarded by .{1,80}|message transféré|message réexpédié|"
    "weitergeleitete nachricht|weitergeleitet von .{1,80}|mensagem encaminhada|messaggio inoltrato"
)
_BEGIN_FORWARDED = (
    "begin forwarded message|inicio del mensaje reenviado|début du message réexpédié|début du message transféré|"
    "anfang der weitergeleiteten nachricht|início da mensagem (?:re)?encaminhada|inizio messaggio inoltrato"
)
FORWARDED = re.compile(rf"[-_=*\s]{{2,40}}(?:{_FORWARDED})[-_=*:\s]{{2,40}}|(?:{_BEGIN_FORWARDED})\s?:", re.IGNORECASE)

_HEADER_NAMES = {
    "from": "from|de|von|da",
    "sent": "sent|date|enviado(?: el)?|enviada(?: em)?|fecha|envoyé|gesendet|datum|data|inviato",
    "to": "to|para|à|an|a",
    "subject": "subject|asunto|objet|betreff|assunto|oggetto",
    "cc": "cc|cco|bcc|kopie|copia|reply-to|importance|importancia|attachments|adjuntos",
}
_HEADERS = {
    kind: re.compile(rf"[*_\s]{{0,4}}(?:{names})[*_]{{0,2}}\s{{0,2}}:", re.IGNORECASE)
    for kind, names in _HEADER_NAMES.items()
}

SIGNATURE = re.compile(r"--\s?|—|_{5,}")
"""A line of its own that begins a signature; the first form is the rule (RFC 3676, 4.3)."""
SENT_FROM = re.compile(
    r"(?:sent (?:from|with|via) (?:my|outlook|mail|yahoo|proton|samsung|windows|gmail|the)|"
    r"enviado (?:desde|con|a partir) |envoyé (?:de(?:puis)?|avec|à partir) |von meinem .{1,40} gesendet|"
    r"gesendet (?:von|mit) |enviado (?:do|pelo) |"
    r"inviato (?:da|dal) |get outlook for |obtener outlook para |télécharger outlook pour |outlook für ).{0,80}",
    re.IGNORECASE,
)
"""What telephones sign with."""

FORWARDING_SUBJECT = re.compile(r"\s*(?:\[[^\]]{0,60}\]\s*)?(?:fwd?|rv|rm|reenv|tr|wg|enc|i|inoltr)\s?:", re.IGNORECASE)


def header_kind(line: str) -> str | None:
    """Which field of a quoted header (`From: Ana`, `Enviado: lunes`) a line is."""
    return next((kind for kind, pattern in _HEADERS.items() if pattern.match(line)), None)
