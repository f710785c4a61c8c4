"""Whose jobs they are: names, what they have used, what they may use, and whose turn it is."""
