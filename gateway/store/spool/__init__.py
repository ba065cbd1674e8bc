"""The spool: where requests are kept on this machine while the database is away, and from where they reach it."""

from gateway.store.spool.blobs import SpooledBlobs
from gateway.store.spool.drainer import Drainer
from gateway.store.spool.spool import Spool
from gateway.store.spool.store import SpooledStore
from gateway.store.spool.watch import SpoolWatch

__all__ = ["Drainer", "Spool", "SpoolWatch", "SpooledBlobs", "SpooledStore"]
