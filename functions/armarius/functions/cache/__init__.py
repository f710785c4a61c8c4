"""Keeping a site within its operator's limit: the least recently used goes first, and never what a run needs."""

from armarius.functions.cache.room import Room, make_room
from armarius.functions.cache.telling import cache_of
from armarius.functions.cache.using import tidy

__all__ = ["Room", "cache_of", "make_room", "tidy"]
