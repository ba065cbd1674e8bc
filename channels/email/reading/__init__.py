"""Mails are read in processes of their own, which can be killed: whatever a mail does to its parser, the gateway and
the other mails feel little of it (T16, T17)."""
