"""The edge to eScriptorium: its tables, files, events and users, by the names that all its generations share.

Nothing of it is imported before it is used: its apps must be loaded first, and only a real eScriptorium has them. What
comes from there is ``Any``; what leaves these modules is typed.
"""
