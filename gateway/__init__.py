"""The gateway: intake, the durable store, operations, and the composition of the whole service."""
