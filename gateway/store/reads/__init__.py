"""The queries: each reads committed data over a read-only connection."""
