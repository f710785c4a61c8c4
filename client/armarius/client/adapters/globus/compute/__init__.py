"""Computing behind Globus Compute: runs are handed over and polled, control calls go over a line."""

from armarius.client.adapters.globus.compute.compute import GlobusCompute

__all__ = ["GlobusCompute"]
