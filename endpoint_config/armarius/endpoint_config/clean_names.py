"""What runs name: the files of their datasets, their models, and the runs that they go on from."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from armarius.endpoint_config.doctor.commands import Runner
from armarius.functions.contracts import ArmariusError
from armarius.functions.errors import EngineMissing, MissingData
from armarius.functions.rundir import RunDir
from armarius.functions.site import Site

_KEYS = """
import json, sys
from armarius.functions.engine.compiled import compiled_key
print(json.dumps([compiled_key(each, legacy) for each in json.loads(sys.argv[1]) for legacy in (False, True)]))
"""


@dataclass(frozen=True)
class Names:
    """What some runs name.

    Attributes:
        blobs: Digests of manifests, images and models.
        datasets: Digests of manifests.
        runs: Runs whose checkpoints are gone on from.
        unknown: Runs whose spec or manifest cannot be read, so that nobody knows what they name.
    """

    blobs: frozenset[str]
    datasets: frozenset[str]
    runs: frozenset[str]
    unknown: tuple[str, ...]


def named_by(site: Site, runs: Iterable[RunDir]) -> Names:
    """Reads the specs and manifests of runs. A run that was cancelled before it began has no spec and names nothing."""
    blobs, datasets, before, unknown = set[str](), set[str](), set[str](), []
    for run in runs:
        try:
            spec = run.spec()
        except FileNotFoundError:
            continue
        except (OSError, ValidationError):
            unknown.append(run.run_id)
            continue
        blobs |= {spec.dataset} | ({spec.model.sha256} if spec.model else set())
        before |= {spec.resume_from.run_id} if spec.resume_from else set()
        datasets.add(spec.dataset)
    for dataset in sorted(datasets):
        try:
            blobs |= {image.sha256 for image in site.manifest(dataset).images()}
        except MissingData:
            continue
        except (OSError, ValidationError, ArmariusError):
            unknown.append(dataset)
    return Names(frozenset(blobs), frozenset(datasets), frozenset(before), tuple(unknown))


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
