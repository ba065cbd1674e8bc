"""format=flowed (RFC 3676): lines that were broken for the journey are made whole again. Linear."""


def unflow(text: str, *, delete_space: bool) -> str:
    """The text with its soft breaks taken out; quotes keep their depth, `-- ` is no flowed line."""
    done: list[str] = []
    paragraph: list[str] = []
    depth = 0
    for line in text.split("\n"):
        quoted = len(line) - len(line.lstrip(">"))
        content = line[quoted:]
        content = content.removeprefix(" ")
        if paragraph and quoted != depth:
            done.append(_line(depth, paragraph))
            paragraph = []
        depth = quoted
        if content.endswith(" ") and content != "-- ":
            paragraph.append(content[:-1] if delete_space else content)
            continue
        if content == "-- " and paragraph:
            done.append(_line(depth, paragraph))
            paragraph = []
        done.append(_line(depth, [*paragraph, content]))
        paragraph = []
    if paragraph:
        done.append(_line(depth, paragraph))
    return "\n".join(done)


def _line(depth: int, pieces: list[str]) -> str:
    content = "".join(pieces)
    if not depth:
        return content
    return ">" * depth + (f" {content}" if content else "")
