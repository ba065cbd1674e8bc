"""What an administrator may set of the web channel."""

from pydantic import Field

from gateway.core.settings import Secret, Settings


class WebSettings(Settings):
    """The form, the API and the requester's page."""

    api_key: Secret | None = Field(
        None, description="Key that the API demands as Authorization: Bearer KEY. Without it the API is open."
    )
    body_limit: int = Field(262_144, ge=4096, le=1_048_576, description="Bytes that a request's content may have.")
    subject_length: int = Field(200, ge=20, le=1000, description="Characters that a subject may have.")
    message_length: int = Field(20_000, ge=200, le=100_000, description="Characters that a message may have.")
