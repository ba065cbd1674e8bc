"""A raw mail, read: which ticket it is about, and what becomes of it. Decided by pure functions over what the mail says
and what the store knows; `handler.py` and `effects.py` are the shell around them."""
