"""Providers: one adapter for each way of handing a ticket to a help desk."""
