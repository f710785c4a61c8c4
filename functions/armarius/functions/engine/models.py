"""Model files: the one to start from, and those that a training leaves."""

import logging
import secrets
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

from kraken.models.writers import write_coreml, write_safetensors

from armarius.functions.contracts import Blob, ModelFile, ModelFormat, Reason
from armarius.functions.errors import EngineFault
from armarius.functions.faults import blaming
from armarius.functions.files import replacing
from armarius.functions.rundir import RunDir
from armarius.functions.site import Site

logger = logging.getLogger(__name__)

WRITERS: dict[ModelFormat, Callable[[list[Any], Path], Any]] = {
    "safetensors": write_safetensors,
    "mlmodel": write_coreml,
}
"""``.mlmodel`` is what kraken 4 to 6, and so most eScriptorium servers, can read."""


def named_model(site: Site, run: RunDir, model: Blob, name: str = "model") -> Path:
    """Returns a staged model under a name whose suffix tells its format, as kraken wants it.

    Several processes of a run may ask for the same at once.

    Args:
        site: Where it is.
        run: Its directory ``base`` gets the name.
        model: Which.
        name: Without the suffix.

    Raises:
        MissingData: It is not on this site.
        DamagedFile: It is not what its digest says.
    """
    blob = site.verified(model.sha256, f"The model {model.name}".strip())
    link = run.path / "base" / f"{name}{_suffix(blob)}"
    link.parent.mkdir(parents=True, exist_ok=True)
    made = link.with_name(f".{name}.{secrets.token_hex(4)}")
    made.symlink_to(blob.resolve())
    made.replace(link)
    return link


def packaged_model() -> Path:
    """Returns the segmentation model that kraken brings along, in its package."""
    return Path(str(files("kraken").joinpath("blla.mlmodel")))


def require_lines(seg_type: str | None, model: str = "") -> None:
    """Refuses a model that was trained on boxes, not on lines with a baseline, which is all that datasets hold.

    Args:
        seg_type: What kraken says of it.
        model: What people call it.

    Raises:
        EngineFault: It was.
    """
    called = f"The model {model}".strip()
    if seg_type == "bbox":
        raise EngineFault(
            Reason.BAD_MODEL,
            f"{called} reads boxes, as kraken did before version 3; the pages have baselines.",
            "Take a model that was trained on baselines, or train this one further on such pages.",
        )


def _suffix(path: Path) -> str:
    """Tells safetensors (a length, then JSON) from CoreML (protobuf)."""
    with path.open("rb") as source:
        head = source.read(9)
    return ".safetensors" if head[8:9] == b"{" else ".mlmodel"


def write_models(run: RunDir, net: Any) -> tuple[ModelFile, ...]:
    """Writes a network in every format that can hold it.

    Args:
        run: Its ``models`` directory gets ``best.<format>``.
        net: A kraken network, its metadata complete.

    Returns:
        What was written. CoreML cannot express every layer: where it fails, its file is left out.
    """
    written = (_write(run, net, "best", "safetensors"), _write_coreml(run, net, "best"))
    return tuple(model for model in written if model is not None)


def write_epoch(run: RunDir, net: Any, number: int, wanted: ModelFormat) -> ModelFile:
    """Writes the network as it is after an epoch: where CoreML cannot express it, as safetensors.

    Args:
        run: Its ``models`` directory gets ``epoch_<number>.<format>``.
        net: As for :func:`write_models`; one that is still trained must be a copy, for kraken changes what it writes.
        number: Of the epoch.
        wanted: The format.
    """
    name = f"epoch_{number}"
    coreml = _write_coreml(run, net, name) if wanted == "mlmodel" else None
    return coreml or _write(run, net, name, "safetensors")


def _write_coreml(run: RunDir, net: Any, name: str) -> ModelFile | None:
    """Writes a network as CoreML, if that can express it."""
    try:
        return _write(run, net, name, "mlmodel")
    except OSError:
        raise
    except Exception:
        logger.exception("this network cannot be written as CoreML")
        return None


def _write(run: RunDir, net: Any, name: str, suffix: ModelFormat) -> ModelFile:
    """Writes one file in one step; kraken's writers refuse a file that exists."""
    path = run.models / f"{name}.{suffix}"
    with replacing(path) as temporary:
        WRITERS[suffix]([net], temporary)
    return ModelFile(**run.told_of(path), format=suffix)


def blaming_model(name: str, kind: str) -> Any:
    """Returns a context in which an unknown error means that the model is to blame.

    Args:
        name: What people call it.
        kind: What it must be for, such as "recognition".
    """
    return blaming(
        Reason.BAD_MODEL,
        f"The model {name} cannot be used".replace("  ", " "),
        f"It must be a {kind} model of kraken (.safetensors or .mlmodel) and whole.",
    )
