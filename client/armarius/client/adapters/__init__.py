"""The real fulfilments of the ports."""
