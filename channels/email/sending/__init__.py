"""Mail on its way out: handed to a relay by SMTP, with an outcome that says what surely happened and what may have."""
