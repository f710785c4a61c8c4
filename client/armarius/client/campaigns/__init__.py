"""Campaigns: many pages, from wherever they are, through the pool in parts, into one tidy folder."""
