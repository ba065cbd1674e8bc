"""The core: the words everybody shares. It imports nothing else of ours, and does no I/O."""
