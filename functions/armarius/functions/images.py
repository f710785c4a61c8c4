"""Which images are read, by the client that packs them and by the engine that trains on them."""

FORMATS = ("JPEG", "PNG", "TIFF", "WEBP", "JPEG2000", "BMP", "GIF", "PPM")
"""Pillow's names. Everything else stays closed: Pillow would hand EPS to ghostscript, and has decoders nobody needs."""
