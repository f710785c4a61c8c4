"""Segmenting and transcribing pages: a crew of processes, each with the models loaded once, and one that leads them."""
