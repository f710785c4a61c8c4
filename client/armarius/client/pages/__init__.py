"""Transcribed pages from disk, packed into a dataset whose name is its content."""

from armarius.client.pages.pack import pack
from armarius.client.pages.packed import PackedDataset, Problem

__all__ = ["PackedDataset", "Problem", "pack"]
