"""Alarms: what operations must know at once, raised and cleared by the same events as everything else."""
