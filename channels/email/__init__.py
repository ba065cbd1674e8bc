"""The email channel: mails in by IMAP, SMTP or LMTP, answers out by SMTP."""
