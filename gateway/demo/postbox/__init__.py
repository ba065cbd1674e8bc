"""A postbox for the demo: it takes the mails that Relevo sends, shows them, and writes to the help desk."""
