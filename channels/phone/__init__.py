"""Telephone calls and text messages, by Twilio's webhooks and REST API."""
