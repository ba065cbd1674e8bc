"""The composition root: reads the configuration, builds every part, starts them in order and stops them in reverse."""
