"""Ports that nobody listens on."""

import socket


def free_ports(count: int) -> list[int]:
    """Returns different ones on 127.0.0.1."""
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]
    finally:
        for probe in probes:
            probe.close()


def free_port() -> int:
    """Returns one on 127.0.0.1."""
    return free_ports(1)[0]


def answers(port: int) -> bool:
    """Tells whether somebody listens on a port of 127.0.0.1."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except OSError:
        return False
    return True
