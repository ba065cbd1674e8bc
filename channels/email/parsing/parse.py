"""From the bytes of a mail to what it says. Pure: no I/O, no clock, and nothing raised but `Unparsable`."""

from channels.email.mail import Address, File, Mail, Signed
from channels.email.parsing.addresses import parse_addresses
from channels.email.parsing.bodies import choose_bodies
from channels.email.parsing.cleaning import clean, clean_line
from channels.email.parsing.contents import SIGNED_DATA, in_order, read_contents
from channels.email.parsing.dates import parse_date
from channels.email.parsing.encoded_words import decode_words
from channels.email.parsing.flaws import Flaw, Flaws
from channels.email.parsing.identifiers import parse_identifier, parse_identifiers
from channels.email.parsing.limits import Limits, Unparsable
from channels.email.parsing.parts import file_of, part_of
from channels.email.parsing.quoting import split_text
from channels.email.parsing.structure import Node, Scanner
from channels.email.parsing.texts import TextReader, Texts
from channels.email.parsing.tnef import is_tnef, read_tnef

_PGP = "application/pgp-signature"
_SMIME = frozenset({"application/pkcs7-signature", "application/x-pkcs7-signature"})


def parse(raw: bytes, limits: Limits) -> Mail:
    """The mail in `raw`, whatever is wrong with it: `Mail.flaws` says what was mended.

    Raises `Unparsable` where the mail goes beyond a cap, and nothing else on any bytes."""
    if len(raw) > limits.size:
        raise Unparsable("mail_too_big", f"the mail has more than {limits.size} bytes")
    if b"\r" in raw and b"\n" not in raw:
        raw = raw.replace(b"\r", b"\n")
    flaws = Flaws()
    scanner = Scanner(limits, flaws)
    root = scanner.scan(raw)
    read_contents(root, scanner, limits, flaws)
    return _mail(root, scanner, limits, flaws)


def _mail(root: Node, scanner: Scanner, limits: Limits, flaws: Flaws) -> Mail:
    bodies = choose_bodies(root)
    reader = TextReader(limits, flaws)
    texts = reader.read(bodies)
    for _ in texts.files:
        scanner.count_part()
    files = [file for node in bodies.files for file in _files(node, texts, reader, scanner, flaws)]
    subject = _subject(root)
    split = split_text(texts.text, subject)
    part = part_of(root)
    return Mail(
        headers=part.headers,
        root=part,
        subject=subject,
        sender=_addresses(root, "from"),
        reply_to=_addresses(root, "reply-to"),
        to=_addresses(root, "to"),
        cc=_addresses(root, "cc"),
        message_id=parse_identifier(_last(root, "message-id")),
        in_reply_to=parse_identifiers(_last(root, "in-reply-to")),
        references=parse_identifiers(_last(root, "references")),
        date=parse_date(_last(root, "date")),
        text=texts.text,
        html=texts.html,
        reply=split.reply,
        quoted=split.quoted,
        signature=split.signature,
        files=(*files, *texts.files),
        signed=_signed(root, texts),
        flaws=flaws.codes(),
    )


def _last(root: Node, name: str) -> str:
    """The last field of a name that should be there once: relays put theirs before."""
    field = root.fields.last(name)
    return clean_line(field.text(root.content_type.get("charset"))) if field else ""


def _subject(root: Node) -> str:
    return " ".join(decode_words(_last(root, "subject")).split())


def _addresses(root: Node, name: str) -> tuple[Address, ...]:
    charset = root.content_type.get("charset")
    return tuple(
        address for field in root.fields.every(name) for address in parse_addresses(clean_line(field.text(charset)))
    )


def _files(node: Node, texts: Texts, reader: TextReader, scanner: Scanner, flaws: Flaws) -> list[File]:
    """The file that a part is; of a winmail.dat, those within, and its body where the mail has none of its own."""
    file = file_of(node)
    if not is_tnef(node.media_type, node.content):
        return [file]
    tnef = read_tnef(node.content, scanner, flaws)
    if not texts.text:
        texts.text = clean(tnef.text) or reader.text_of_html(clean(tnef.html))
        texts.html = texts.html or reader.safe_html(clean(tnef.html))
    return [file, *tnef.files] if Flaw.BROKEN_TNEF in flaws else tnef.files


def _signed(root: Node, texts: Texts) -> Signed | None:
    """The outermost signature's kind. A mail that is attached may be signed as it likes."""
    for node in in_order(root):
        if node.media_type == "multipart/signed":
            kinds = {node.content_type.get("protocol").lower(), *(part.media_type for part in node.parts)}
            if kinds & _SMIME:
                return Signed.SMIME
            if _PGP in kinds:
                return Signed.PGP
        elif node.media_type in SIGNED_DATA and node.parts:
            return Signed.SMIME
        elif node.media_type.startswith("message/"):
            break
    return Signed.PGP if texts.is_clearsigned else None
