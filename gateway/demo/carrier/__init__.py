"""What stands in for Twilio's REST API in the demo: calls that the gateway orders are played, everybody answers, and
each recording is the same silence. Nothing was ever missed, since calls to the gateway are played elsewhere."""
