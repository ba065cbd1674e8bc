"""The text of a mail for people, and its HTML, out of the parts that are its body."""

import re
from dataclasses import field

from channels.email.mail import File
from channels.email.parsing.bodies import HTML, Bodies
from channels.email.parsing.charsets import decode
from channels.email.parsing.cleaning import clean
from channels.email.parsing.clearsigned import take_signature_off
from channels.email.parsing.flaws import Flaw, Flaws
from channels.email.parsing.flowed import unflow
from channels.email.parsing.html_caps import is_readable, without_tags
from channels.email.parsing.html_safe import sanitise, text_as_html
from channels.email.parsing.html_text import html_to_text
from channels.email.parsing.limits import Limits
from channels.email.parsing.structure import Node
from channels.email.parsing.uuencode import take_files_out
from gateway.core.attachments import UNKNOWN_TYPE
from gateway.core.values import dataclass

_CHARSET_IN_HTML = re.compile(rb"<meta[^<>]{0,200}?charset\s{0,5}=\s{0,5}[\"']?([\w:.-]{1,60})", re.IGNORECASE)
_LOOKED_AT = 2048


@dataclass(slots=True)
class Texts:
    text: str = ""
    html: str = ""
    files: list[File] = field(default_factory=list)
    """What stood in the text and is none: uuencoded files, a signature in the open."""
    is_clearsigned: bool = False


class TextReader:
    """Reads body parts as text, each once."""

    def __init__(self, limits: Limits, flaws: Flaws) -> None:
        self._limits = limits
        self._flaws = flaws
        self._texts = Texts()
        self._read: dict[int, str] = {}
        self._text_left = self._safe_left = limits.html_size

    def read(self, bodies: Bodies) -> Texts:
        texts = self._texts
        texts.text = _joined([self._plain(node) for node in bodies.text])
        if any(node.media_type == HTML for node in bodies.html):
            texts.html = "\n".join(piece for node in bodies.html if (piece := self._html(node)))
            if not texts.text:
                texts.text = _joined([self._plain(node) for node in bodies.html])
        return texts

    def text_of_html(self, html: str) -> str:
        if len(html) <= self._text_left and is_readable(html, self._limits):
            self._text_left -= len(html)
            return html_to_text(html)
        self._flaws.add(Flaw.HTML_NOT_READ)
        return without_tags(html)

    def safe_html(self, html: str) -> str:
        if len(html) <= self._safe_left and is_readable(html, self._limits):
            self._safe_left -= len(html)
            return sanitise(html)
        return ""

    def _html(self, node: Node) -> str:
        if node.media_type != HTML:
            plain = self._plain(node)
            return text_as_html(plain) if plain.strip() else ""
        return self.safe_html(self._decoded(node))

    def _plain(self, node: Node) -> str:
        if id(node) not in self._read:
            decoded = self._decoded(node)
            self._read[id(node)] = (
                self.text_of_html(decoded) if node.media_type == HTML else self._own_text(node, decoded)
            )
        return self._read[id(node)]

    def _own_text(self, node: Node, text: str) -> str:
        if node.content_type.get("format").lower() == "flowed":
            text = unflow(text, delete_space=node.content_type.get("delsp").lower() == "yes")
        text, signature = take_signature_off(text)
        if signature:
            self._texts.is_clearsigned = True
            self._texts.files.append(File("signature.asc", "application/pgp-signature", signature.encode()))
        text, uuencoded = take_files_out(text)
        self._texts.files += [File(one.name, UNKNOWN_TYPE, one.content) for one in uuencoded]
        return text

    def _decoded(self, node: Node) -> str:
        charset = node.content_type.get("charset")
        if not charset and node.media_type == HTML:
            declared = _CHARSET_IN_HTML.search(node.content[:_LOOKED_AT])
            charset = declared[1].decode("ascii", "replace") if declared else ""
        text, honest = decode(node.content, charset)
        if not honest:
            self._flaws.add(Flaw.UNDECODABLE_CHARSET)
        return clean(text)


def _joined(texts: list[str]) -> str:
    stripped = [text.strip("\n") for text in texts]
    return "\n\n".join(text for text in stripped if text.strip())
