"""Where a cluster listens."""

import socket
from ipaddress import ip_address


def own_loopback() -> str | None:
    """Returns the loopback address to which this machine's name leads; None where it leads to a network.

    Slurm's daemons listen on all addresses, or on that of the machine's name; there is no third way.
    """
    try:
        address = socket.gethostbyname(socket.gethostname())
    except OSError:
        return None
    return address if ip_address(address).is_loopback else None
