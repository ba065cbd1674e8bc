"""The mails that are measured: of 10 kB, as people send them, no two alike; and one of 25 MB."""

from channels.email.composing.compose import Outgoing, OutgoingFile, compose

SIZE = 10_000
ADDRESS = "help@example.org"
_SENTENCE = "Desde esta mañana la impresora de la segunda planta no imprime; ya la he apagado y encendido. "
_NOW = 1_800_000_000.0
_LARGE = 18 * 1024 * 1024
"""Bytes of the large mail's file, which base64 makes a third longer."""


def mail(number: int) -> bytes:
    """As text and HTML, some 10 kB in all."""
    text = f"Hola:\n\nSoy el usuario {number}.\n\n" + "\n".join([_SENTENCE.strip()] * 30) + "\n\nUn saludo\n"
    html = "<html><body>" + "".join(f"<p>{_SENTENCE}</p>" for _ in range(57)) + f"<p>{number}</p></body></html>"
    return compose(_outgoing(number, text, html))


def large_mail() -> bytes:
    """With a file, 25 MB in all."""
    content = bytes(range(256)) * (_LARGE // 256)
    return compose(
        _outgoing(0, "Adjunto la copia.", "", OutgoingFile("copia.bin", "application/octet-stream", content))
    )


def _outgoing(number: int, text: str, html: str, *files: OutgoingFile) -> Outgoing:
    return Outgoing(
        sender=f"ana.{number}@example.net",
        sender_name=f"Ana Núñez {number}",
        recipient=ADDRESS,
        subject=f"No puedo imprimir ({number})",
        text=text,
        html=html,
        files=files,
        message_id=f"<{number}.measured@example.net>",
        date=_NOW + number,
    )
