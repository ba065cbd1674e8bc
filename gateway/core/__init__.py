"""The core: the words everybody shares, and ports for what the parts need of each other; it imports none of them.

What touches the outside here is small and asked for by name: `egress` (guarded connections), `texts` (catalogues).
"""
