"""A reader's process that was taken over, or is broken: `python scripted_reader.py WAY RULES` misbehaves in that way.

It speaks the frames by itself, so that a mistake in ours shows."""

import json
import os
import struct
import sys
import time
from pathlib import Path

TEXTS = "subject", "message_id", "text", "html", "reply", "quoted", "signature"
LISTS = "headers", "sender", "reply_to", "to", "cc", "in_reply_to", "references", "files", "flaws"
ROOT = {"media_type": "text/plain", "headers": [], "content": "", "charset": "", "name": "", "parts": []}
MAIL: dict[str, object] = {
    **dict.fromkeys(TEXTS, ""),
    **{name: [] for name in LISTS},
    "root": ROOT,
    "subject": "mine",
    "date": None,
    "signed": None,
}
FILE = {"name": "passwd", "media_type": "text/plain", "content": "", "inline": False, "content_id": ""}


def found(files: int = 0) -> bytes:
    outcome = {"kind": "person", "signs": [], "may_open": True, "may_answer": True}
    answer = {
        "mail": MAIL | {"files": [FILE] * files},
        "notification": None,
        "outcome": outcome,
        "authentication": {"why": "no_sender"},
        "language": None,
    }
    return json.dumps({"found": answer}).encode()


def send(content: bytes, size: int | None = None) -> None:
    left = struct.pack(">I", len(content) if size is None else size) + content
    while left:
        left = left[os.write(0, left) :]


def exactly(size: int) -> bytes:
    content = b""
    while len(content) < size:
        content += os.read(0, size - len(content)) or sys.exit()
    return content


def question() -> Path:
    """The folder of the order that comes next."""
    order, mail = struct.unpack(">II", exactly(8))
    folder = Path(json.loads(exactly(order))["folder"])
    exactly(mail)
    return folder


def misbehave(way: str, folder: Path) -> None:
    match way:
        case "honest":
            send(found())
        case "dead_once":
            if (first := folder.parents[2] / "first").exists():
                send(found())
            else:
                first.touch()
                os.kill(os.getpid(), 9)
        case "together":
            (folder.parents[2] / f"{os.getpid()}.here").touch()
            while len(list(folder.parents[2].glob("*.here"))) < 2:
                time.sleep(0.01)
            send(found())
        case "outside":
            folder.mkdir(parents=True)
            (folder / "0").symlink_to("/etc/passwd")
            send(found(files=1))
        case "no_file":
            send(found(files=1))
        case "endless":
            send(b"", size=2**32 - 1)
            time.sleep(60)
        case "too_much":
            send(found() + b" " * 20_000_000)
        case "no_json":
            send(b"\x80\x04cos\nsystem\n")
        case "another_json":
            send(b'{"found": {"mail": {}}}')
        case "cut":
            send(found(), size=100_000)
            sys.exit()
        case "silent":
            time.sleep(60)
        case "dead":
            os.kill(os.getpid(), 9)


if __name__ == "__main__":
    if sys.argv[1] == "unable":
        sys.exit(3)
    send(b"{}")
    while True:
        misbehave(sys.argv[1], question())
