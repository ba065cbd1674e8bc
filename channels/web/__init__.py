"""The web channel: a JSON API, a form, and the requester's own page."""
