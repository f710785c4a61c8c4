"""The text of the functions as they are registered with Globus Compute.

A few lines that call the installed package: no bytecode crosses the wire, and a function keeps its id from one release
to the next. Each text has a digest. A client that expects another one refuses to call it.
"""

import hashlib

NAMES = (
    "calibrate", "train", "evaluate", "segment", "transcribe", "probe", "progress", "cancel", "release", "receive",
)  # fmt: skip
"""Everything that a site lets its clients call."""

_TEXT = '''\
def {name}(payload):
    """Armarius: runs what the site has installed under this name. JSON in, JSON out."""
    from armarius.functions.registered import answer

    return answer("{name}", payload)
'''


def source(name: str) -> str:
    """Returns the source text of a registered function."""
    return _TEXT.format(name=name)


def digest(name: str) -> str:
    """Returns the SHA-256 of :func:`source` in hexadecimal."""
    return hashlib.sha256(source(name).encode()).hexdigest()
