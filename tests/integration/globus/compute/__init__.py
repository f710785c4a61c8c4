"""Globus Compute, for real. A package, so that its institution ends with it: only one cloud can run at a time."""
