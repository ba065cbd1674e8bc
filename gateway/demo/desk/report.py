"""What the desk owes to the gateway: reports of what happened to tickets, kept until they are delivered."""

from dataclasses import dataclass

from gateway.core.provider import ReportType
from gateway.core.texts import mark
from gateway.demo.desk.language import TEXTS

_REPLY = mark("We have solved your request. If anything still doesn't work, please answer this message.")


@dataclass(frozen=True, slots=True)
class Report:
    """One report; its id stays the same however often it is sent."""

    id: str
    type: ReportType
    reference: str
    provider_reference: str
    language: str
    attempts: int = 0

    def body(self, author: str) -> dict[str, object]:
        """The JSON of `POST /providers/{name}/events`."""
        data: dict[str, object] = {"reference": self.reference, "provider_reference": self.provider_reference}
        if self.type is ReportType.REPLIED:
            data["message"] = {"body": TEXTS.get(self.language)(_REPLY), "author": author}
        return {"type": self.type.value, "data": data}
