"""The command line: ``armarius``."""

from armarius.client.cli.main import main

__all__ = ["main"]
