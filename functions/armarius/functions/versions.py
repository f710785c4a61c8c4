"""Which software this is, here and in kraken's environment."""

import json
import platform
import subprocess
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

from armarius.functions.contracts import Versions
from armarius.functions.errors import EngineMissing

_ASK = """
import json, importlib.metadata as m
def v(name):
    try: return m.version(name)
    except m.PackageNotFoundError: return ""
print(json.dumps({n: v(n) for n in ("kraken", "torch", "armarius")}))
"""


def versions(kraken: str = "", torch: str = "") -> Versions:
    """Returns the versions of this process, with those of an engine where they are known."""
    return Versions(armarius=version("armarius"), python=platform.python_version(), kraken=kraken, torch=torch)


@lru_cache
def engine_versions(kraken_python: Path) -> Versions:
    """Asks kraken's environment what it holds; about 0.1 s, remembered while the process lives.

    Raises:
        EngineMissing: There is no such interpreter, or its environment lacks kraken or armarius.
    """
    hint = "Install armarius[kraken] into an environment and name its interpreter as ARMARIUS_KRAKEN_PYTHON."
    try:
        answer = subprocess.run([kraken_python, "-c", _ASK], capture_output=True, text=True, check=True, timeout=60)
        found: dict[str, str] = json.loads(answer.stdout)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        raise EngineMissing(f"{kraken_python} cannot be asked for kraken: {error}", hint) from error
    lacking = [name for name in ("kraken", "armarius") if not found[name]]
    if lacking:
        raise EngineMissing(f"The environment of {kraken_python} lacks {' and '.join(lacking)}.", hint)
    return versions(kraken=found["kraken"], torch=found["torch"])
