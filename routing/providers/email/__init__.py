"""Provider type `email`: any help desk that has an address. Its mails come back through the mail channel."""
