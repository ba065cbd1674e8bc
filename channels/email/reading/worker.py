"""A reader's process: `python -m channels.email.reading.worker RULES`. Its standard input is a socket to the gateway,
by which questions come and answers go, one after the other. It knows no secrets, and ends with the gateway."""

import os
import sys
from typing import BinaryIO

from channels.email.reading.confinement import confine, ends_with_gateway
from channels.email.reading.orders import ANSWER, QUESTION, Order, Rules
from channels.email.reading.work import answer, refused

_SOCKET = 0
_READY = b"{}"


def main(rules: Rules) -> None:
    confine(rules)
    with open(_SOCKET, "rb", closefd=False) as questions:
        _send(_READY)
        while head := questions.read(QUESTION.size):
            order_size, mail_size = QUESTION.unpack(head)
            order = Order.load(_read(questions, order_size))
            mail = _read(questions, mail_size)
            try:
                with ends_with_gateway(_SOCKET):
                    found = answer(order, mail, rules)
            except MemoryError:
                _send(refused("memory", ""))
                return
            _send(found)


def _read(questions: BinaryIO, size: int) -> bytes:
    content = questions.read(size)
    if len(content) < size:
        raise EOFError("the gateway went away amid a question")
    return content


def _send(content: bytes) -> None:
    left = memoryview(ANSWER.pack(len(content)) + content)
    while left:
        left = left[os.write(_SOCKET, left) :]


if __name__ == "__main__":
    main(Rules.load(sys.argv[1]))
