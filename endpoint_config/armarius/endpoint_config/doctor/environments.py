"""Are both Python environments whole, and of the same release?"""

import json
from collections.abc import Iterator

from armarius.endpoint_config.doctor.check import Check, ok, problem, warning
from armarius.endpoint_config.doctor.context import Context
from armarius.functions.versions import versions

THEME = "environments"
OLDEST, NEWEST = (4, 19), (5, 0)
"""The releases of globus-compute-endpoint that this was written for: from the first, before the second."""

_ENDPOINT = """
import importlib.metadata as m, json
import globus_compute_endpoint.endpoint.core_endpoint, parsl, armarius.functions.registered
print(json.dumps({n: m.version(n) for n in ("armarius", "globus-compute-endpoint", "globus-compute-sdk", "parsl")}))
"""
_KRAKEN = """
import importlib.metadata as m, json
import kraken, torch, armarius.functions.engine
print(json.dumps({n: m.version(n) for n in ("armarius", "kraken", "torch")}))
"""


def endpoint_environment(context: Context) -> Iterator[Check]:
    """Imports what the endpoint and its workers need, and compares the releases."""
    home = context.profile.environment
    found, trouble = _ask(context, f"{home}/bin/python", _ENDPOINT)
    if trouble:
        mend = f"python -m venv {home} && {home}/bin/pip install 'armarius[endpoint]'"
        yield problem(THEME, f"The endpoint's environment does not work: {trouble}", mend)
        return
    release = found["globus-compute-endpoint"]
    yield ok(THEME, f"{home} has globus-compute-endpoint {release} and Parsl {found['parsl']}.")
    if not OLDEST <= _numbers(release) < NEWEST:
        mend = f"{home}/bin/pip install 'armarius[endpoint]'"
        yield warning(THEME, f"globus-compute-endpoint {release} is not a release that Armarius was tried with.", mend)
    yield from _same_release(home, found["armarius"])


def kraken_environment(context: Context) -> Iterator[Check]:
    """Imports kraken and torch, and compares the releases."""
    python = context.profile.kraken_python
    found, trouble = _ask(context, python, _KRAKEN)
    if trouble:
        mend = f"{python} -m pip install 'armarius[kraken]'"
        yield problem(THEME, f"kraken's environment does not work: {trouble}", mend)
        return
    yield ok(THEME, f"{python} has kraken {found['kraken']} and torch {found['torch']}.")
    yield from _same_release(python, found["armarius"])


def _same_release(where: str, release: str) -> Iterator[Check]:
    own = versions().armarius
    if release != own:
        mend = f"Install armarius {own} in all environments, and on the pool's machine."
        yield problem(THEME, f"{where} has armarius {release}, and this is {own}.", mend)


def _ask(context: Context, python: str, program: str) -> tuple[dict[str, str], str]:
    """Returns what a program prints as JSON, or why it does not."""
    done = context.run([python, "-c", program], 300)
    try:
        found: dict[str, str] = json.loads(done.out)
    except ValueError:
        return {}, done.last_words
    return found, ""


def _numbers(release: str) -> tuple[int, ...]:
    return tuple(int(part) for part in release.split(".")[:2] if part.isdigit())
