"""What the desk owes to the gateway: reports of what happened to tickets, kept until they are delivered."""

from dataclasses import dataclass

from gateway.core.provider import ReportType
from gateway.core.texts import mark
from gateway.demo.desk.language import TEXTS

INSTRUCTIONS = "instructions"
_NAME = mark("instructions.txt")
_TEXT = mark("1. Turn it off.\n2. Wait ten seconds.\n3. Turn it on again.\n")
_REPLY = mark("We have solved your request. If anything still doesn't work, please answer this message.")


def instructions(language: str) -> str:
    """What the file of a reply says."""
    return TEXTS.get(language)(_TEXT)


@dataclass(frozen=True, slots=True)
class Report:
    """One report; its id stays the same however often it is sent."""

    id: str
    type: ReportType
    reference: str
    provider_reference: str
    language: str
    attempts: int = 0
    answers_files: bool = False
    """Files came with the ticket; then a reply brings one, too."""

    def body(self, author: str, address: str | None = None) -> dict[str, object]:
        """The JSON of `POST /providers/{name}/events`; `address` is the desk's own, as the gateway knows it."""
        data: dict[str, object] = {"reference": self.reference, "provider_reference": self.provider_reference}
        if self.type is ReportType.REPLIED:
            say = TEXTS.get(self.language)
            message: dict[str, object] = {"body": say(_REPLY), "author": author}
            if self.answers_files and address is not None:
                url = f"{address}/tickets/{self.provider_reference}/files/{INSTRUCTIONS}"
                message["attachments"] = [{"name": say(_NAME), "type": "text/plain", "url": url}]
            data["message"] = message
        return {"type": self.type.value, "data": data}
