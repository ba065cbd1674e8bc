"""The structure of a mail as others see it: `Part` and `File`."""

from channels.email.mail import File, Part
from channels.email.parsing.contents import in_order
from channels.email.parsing.structure import MAIL_TYPES, Node


def part_of(root: Node) -> Part:
    """The tree of parts, made from the innermost outwards."""
    made: dict[int, Part] = {}
    for node in reversed(list(in_order(root))):
        charset = node.content_type.get("charset")
        made[id(node)] = Part(
            media_type=node.media_type,
            headers=tuple(field.header(charset) for field in node.fields.fields),
            content=b"" if node.media_type in MAIL_TYPES else node.content,
            charset=charset,
            name=node.name,
            parts=tuple(made[id(part)] for part in node.parts),
        )
    return made[id(root)]


def file_of(node: Node) -> File:
    disposition = node.disposition.value
    content_id = node.content_id
    return File(
        name=node.name,
        media_type=node.media_type,
        content=node.content or (node.body if node.media_type in MAIL_TYPES else b""),
        inline=disposition == "inline" or (not disposition and bool(content_id)),
        content_id=content_id,
    )
