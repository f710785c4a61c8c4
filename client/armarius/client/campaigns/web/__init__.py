"""Fetching from the web: politely, and nothing that a hostile list could make of it."""
