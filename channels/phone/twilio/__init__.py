"""What is Twilio's own: its webhooks proved, its REST API asked, its recordings and media fetched."""
