"""Sites that are reached through Globus: Compute for functions, Transfer for files."""

from armarius.client.adapters.globus.link import globus_link

__all__ = ["globus_link"]
