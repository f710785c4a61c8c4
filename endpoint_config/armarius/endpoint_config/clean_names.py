"""Under which names kraken's environment compiles datasets."""

import json
from collections.abc import Iterable
from pathlib import Path

from armarius.endpoint_config.doctor.commands import Runner
from armarius.functions.errors import EngineMissing

_KEYS = """
import json, sys
from armarius.functions.engine.compiled import compiled_key
print(json.dumps([compiled_key(each, legacy) for each in json.loads(sys.argv[1]) for legacy in (False, True)]))
"""


def compiled_names(run: Runner, kraken_python: Path, datasets: Iterable[str]) -> frozenset[str]:
    """Asks kraken's environment under which names it compiles datasets: they depend on its release.

    Raises:
        EngineMissing: It does not tell.
    """
    wanted = sorted(datasets)
    if not wanted:
        return frozenset()
    done = run([str(kraken_python), "-c", _KEYS, json.dumps(wanted)], 300)
    try:
        return frozenset(map(str, json.loads(done.out)))
    except ValueError as error:
        raise EngineMissing(
            f"{kraken_python} does not tell how it names compiled datasets: {done.last_words}",
            "Mend kraken's environment (armarius endpoint doctor PROFILE --only environments), then clean again.",
        ) from error
