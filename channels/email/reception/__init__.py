"""Mail that an MTA hands us by SMTP or LMTP: answered 250 only once it is on disk."""
