"""Which ticket a mail continues: claims that it makes, and what each of them proves. Closed by default: what proves too
little opens a new ticket, linked to the one that was claimed."""
