"""Blobs: the contents of attachments, in files that are named by their digest."""

from gateway.blobs.files import FileBlobs
from gateway.blobs.sweeper import Sweeper

__all__ = ["FileBlobs", "Sweeper"]
