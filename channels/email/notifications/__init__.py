"""Delivery status notifications and bounces: recognised, read and judged. They annotate a ticket and decide nothing
about a person (T34): anybody can forge one."""
