"""Health: is a provider alive and working? A pure state machine, fed by probes and by live traffic."""
