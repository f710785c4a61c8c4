"""Logs: every line bears the job, the run and the site that it is about, and none bears a secret."""

from armarius.client.logs.context import bound

__all__ = ["bound"]
