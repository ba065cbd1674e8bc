"""structlog without Rich, which it imports wherever that is installed. That took a tenth of every start, for tracebacks
that the service never draws."""

import sys


def import_plain_structlog() -> None:
    """To be called before anything else imports structlog; whoever needs Rich later may import it."""
    if "structlog" in sys.modules or "rich" in sys.modules:
        return
    sys.modules["rich"] = None  # type: ignore[assignment]  # as if it were not installed
    try:
        import structlog  # noqa: F401
    finally:
        del sys.modules["rich"]
