"""Receiving by IMAP: a mailbox's folders, followed for ever. It knows nothing of the store but its ports."""
