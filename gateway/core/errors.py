"""Errors with verdicts: whose fault, and what the other side may be told. Whether to try again, the class says."""

from enum import StrEnum


class Fault(StrEnum):
    """Whose fault an error is."""

    SENDER = "sender"
    PROVIDER = "provider"
    CONFIGURATION = "configuration"
    STORAGE = "storage"


class RelevoError(Exception):
    """Base of our errors. Its text is for logs and administrators; `public` alone may be told to strangers."""

    fault: Fault = Fault.CONFIGURATION
    public: str = "The service can't do this now."

    def __init__(self, message: str, *, public: str | None = None) -> None:
        super().__init__(message)
        if public is not None:
            self.public = public


class InvalidMessage(RelevoError):
    """What came in can't be a request; `public` says what is wrong and where."""

    fault = Fault.SENDER

    def __init__(self, message: str) -> None:
        super().__init__(message, public=message)


class ContentTooLarge(RelevoError):
    """A content has more bytes than it may."""

    fault = Fault.SENDER

    def __init__(self, limit: int) -> None:
        super().__init__(f"a content has more than {limit} bytes", public="This file is too large.")


class BlobMissing(RelevoError):
    """There is no content of that digest."""

    fault = Fault.STORAGE

    def __init__(self, digest: str) -> None:
        super().__init__(f"there is no blob {digest[:64]!r}")


class StoreUnavailable(RelevoError):
    """The store is full, busy or away: nothing was kept, and trying again later may succeed."""

    fault = Fault.STORAGE
    public = "We can't save requests at the moment. Please try again in a few minutes."


class OutcomeUnknown(StoreUnavailable):
    """The store fell silent while it was committing: it may have been kept all the same."""


class StoreFailed(RelevoError):
    """A failed fsync or corruption: nothing more may be promised; the process must stop."""

    fault = Fault.STORAGE
    public = "We can't save requests at the moment. Please try again in a few minutes."


class ProviderUnavailable(RelevoError):
    """A provider could not be asked, or gave no usable answer; asking again later may succeed."""

    fault = Fault.PROVIDER

    def __init__(self, message: str, *, retry_after: float | None = None, misconfigured: bool = False) -> None:
        """`misconfigured` where it says that our address or credentials are wrong."""
        super().__init__(message)
        self.retry_after = retry_after
        self.misconfigured = misconfigured


class NoMeans(ProviderUnavailable):
    """This machine had no means to ask (no file descriptors left): it says nothing of the provider."""


class ProviderRefused(RelevoError):
    """A provider understood and declined; asking again is no use."""

    fault = Fault.PROVIDER


class ConfigError(RelevoError):
    """The configuration is wrong; the text names what, where, and what is allowed."""


class StartError(RelevoError):
    """The service can't start: a taken port, an unwritable store, a second gateway."""
