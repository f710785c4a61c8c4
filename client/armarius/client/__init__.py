"""The client side: a pool of sites, jobs that survive anything, a Python API and the command line."""

from armarius.client.pool import Job, JobResult, Pool

__all__ = ["Job", "JobResult", "Pool"]
