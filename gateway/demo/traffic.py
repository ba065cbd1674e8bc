"""Bounded real traffic: so many requests a second for so many seconds, over the public HTTP API, each counted."""

import asyncio
import random
from collections.abc import Iterator
from dataclasses import dataclass, field

import aiohttp

from gateway.core.clock import Clock, Instant
from gateway.core.ids import new_id

_TIMEOUT = aiohttp.ClientTimeout(total=10.0)

_MATTERS = (
    ("es", "access", "No puedo entrar en mi correo", "Desde esta mañana me dice que la contraseña no es válida."),
    ("es", "hardware", "La impresora de la planta 2 no imprime", "Parpadea una luz roja y no sale nada."),
    ("es", "access", "Se ha bloqueado mi certificado", "Metí mal el PIN tres veces. ¿Qué hago ahora?"),
    ("es", "network", "La VPN se corta cada diez minutos", "Trabajo desde casa y así no hay manera."),
    ("es", "software", "La nómina de octubre no se descarga", "Al pulsar «Descargar» la página se queda en blanco."),
    ("es", "hardware", "Pantalla rota", "Se me cayó el portátil. La pantalla está rajada, pero enciende."),
    ("en", "access", "I can't sign in to the portal", "It says my account is locked. I have a deadline today."),
    ("en", "network", "No Wi-Fi in meeting room 4", "Nobody in the room can connect since nine o'clock."),
    ("en", "software", "The invoice form loses my data", "When I go back one step everything I typed is gone."),
    ("en", "hardware", "My headset doesn't work", "People on calls hear only noise. I tried another port."),
)
_PEOPLE = (
    ("Lucía Ferrer", "lucia.ferrer"),
    ("Íñigo Sáez", "inigo.saez"),
    ("Marta Peña", "marta.pena"),
    ("Tom Whitaker", "tom.whitaker"),
    ("Aoife Byrne", "aoife.byrne"),
    ("Núria Casals", "nuria.casals"),
)


@dataclass(frozen=True, slots=True)
class HandIn:
    """What became of one request: a reference, or the reason why there is none."""

    key: str
    sent_at: Instant
    answered_at: Instant
    reference: str | None = None
    failure: str | None = None


@dataclass
class Collector:
    """The results so far."""

    hand_ins: list[HandIn] = field(default_factory=list)

    @property
    def accepted(self) -> int:
        return sum(hand_in.reference is not None for hand_in in self.hand_ins)

    @property
    def failed(self) -> int:
        return len(self.hand_ins) - self.accepted


def requests(seed: int) -> Iterator[dict[str, object]]:
    """Plausible requests without end, the same for the same seed; the addresses can't exist (RFC 2606)."""
    chance = random.Random(seed)
    while True:
        language, category, subject, body = chance.choice(_MATTERS)
        name, mailbox = chance.choice(_PEOPLE)
        yield {
            "subject": subject,
            "body": body,
            "requester": {"name": name, "email": f"{mailbox}@example.org"},
            "language": language,
            "category": category,
        }


class Traffic:
    """Hands requests in at `public_url` and collects what becomes of them."""

    def __init__(self, public_url: str, clock: Clock, seed: int = 1) -> None:
        self._url = f"{public_url}/api/v1/tickets"
        self._clock = clock
        self._requests = requests(seed)
        self.collector = Collector()

    async def run(self, rate: float, seconds: float) -> None:
        """`rate` requests a second on a fixed grid, whether or not the ones before are answered; ends with the last
        answer."""
        loop = asyncio.get_running_loop()
        start = loop.time()
        async with aiohttp.ClientSession(timeout=_TIMEOUT) as session, asyncio.TaskGroup() as group:
            for number in range(round(rate * seconds)):
                await asyncio.sleep(start + number / rate - loop.time())
                group.create_task(self._hand_in(session), name=f"hand-in {number}")

    async def _hand_in(self, session: aiohttp.ClientSession) -> None:
        key, sent_at = new_id(), self._clock.now()
        reference, failure = await self._post(session, key, next(self._requests))
        self.collector.hand_ins.append(HandIn(key, sent_at, self._clock.now(), reference, failure))

    async def _post(
        self, session: aiohttp.ClientSession, key: str, body: dict[str, object]
    ) -> tuple[str | None, str | None]:
        try:
            async with session.post(self._url, json=body, headers={"Idempotency-Key": key}) as response:
                if response.status != 201:
                    return None, f"HTTP {response.status}"
                return str((await response.json())["reference"]), None
        except (aiohttp.ClientError, TimeoutError, ValueError, KeyError, TypeError) as error:
            return None, type(error).__name__
