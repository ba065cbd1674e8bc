"""A mail channel in memory, as a provider sees it."""

import asyncio
from dataclasses import dataclass, field

from gateway.core.clock import Instant
from gateway.core.post import Letter, Outcome, Sent
from gateway.core.smtp_server import SmtpServer


@dataclass
class ScriptedPost:
    """The port `Post`: it answers as it is told, the last for ever, and acknowledges after `acknowledges_after`."""

    outcomes: list[Outcome] = field(default_factory=lambda: [Sent("queued")])
    acknowledges_after: float | None = None
    takes: float = 0.0
    letters: list[Letter] = field(default_factory=list)
    newest_canary: str = ""
    """Answered, as another gateway knows."""
    deaf: Instant = 0.0
    probed: list[tuple[str, bool]] = field(default_factory=list)

    async def send(self, letter: Letter) -> Outcome:
        self.letters.append(letter)
        await asyncio.sleep(self.takes)
        return self.outcomes.pop(0) if len(self.outcomes) > 1 else self.outcomes[0]

    async def canary_answered(self, provider: str) -> str:
        return self.newest_canary

    def deaf_until(self) -> Instant:
        return self.deaf

    async def acknowledged(self, provider: str, unique: str, ticket_id: str | None = None) -> None:
        if self.acknowledges_after is None:
            await asyncio.Event().wait()
        else:
            await asyncio.sleep(self.acknowledges_after)

    async def probe(self, server: SmtpServer | None, *, allow_private: bool) -> None:
        self.probed.append((str(server), allow_private))
