"""The HTTP listeners: they mount the routes that others return, bound what a client may do, and answer every error.

Two are run: the public one, for the hostile outside, and the ops one. They never share a port.
"""

from gateway.listener.descriptors import connections_for, raise_descriptor_limit
from gateway.listener.limits import Limits
from gateway.listener.listener import Listener
from gateway.listener.page import TEXTS_FOLDER, Front

__all__ = ["TEXTS_FOLDER", "Front", "Limits", "Listener", "connections_for", "raise_descriptor_limit"]
