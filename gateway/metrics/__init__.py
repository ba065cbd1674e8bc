"""Metrics: what Prometheus sees of the service, from the same typed events as the stream, the log and the alarms.

Names and labels are part of the surface: dashboards and alert rules are written against them.
"""

from gateway.metrics.metrics import Metrics, keep_fresh

__all__ = ["Metrics", "keep_fresh"]
