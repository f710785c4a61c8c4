"""Placement: where a job would be done soonest, among the sites that may take it, and why."""
