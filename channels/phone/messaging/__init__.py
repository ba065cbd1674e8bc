"""Text messages, by SMS and by WhatsApp: what comes in becomes tickets, and answers go out."""
