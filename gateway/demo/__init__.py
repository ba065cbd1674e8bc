"""The demo: help desks to hand tickets to, traffic, and an outage with its accounts."""
