"""Pages from disk, transcribed or not, packed into a dataset whose name is its content."""

from armarius.client.pages.bare import pack_images
from armarius.client.pages.pack import pack
from armarius.client.pages.packed import PackedDataset, Problem

__all__ = ["PackedDataset", "Problem", "pack", "pack_images"]
