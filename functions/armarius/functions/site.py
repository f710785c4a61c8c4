"""The site's own directory: what it keeps by content, and where runs live."""

import os
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from armarius.functions.contracts import CheckpointRef, Manifest, QueueTable, RunId
from armarius.functions.errors import DamagedFile, MissingData
from armarius.functions.files import sha256_of
from armarius.functions.queue.table import queue_table
from armarius.functions.rundir import RunDir
from armarius.functions.signing import KEY_VARIABLE

ROOT_VARIABLE = "ARMARIUS_SITE_ROOT"
KRAKEN_VARIABLE = "ARMARIUS_KRAKEN_PYTHON"
CACHE_VARIABLE = "ARMARIUS_CACHE"


def blob_name(sha256: str) -> str:
    """Returns where a file of this content is kept, relative to a site's root."""
    return f"blobs/{sha256[:2]}/{sha256}"


@dataclass(frozen=True)
class Site:
    """One site as its own processes see it.

    The operator sets it, never a client: a client names digests and run ids, and from these alone come paths.

    Attributes:
        root: The directory that holds everything; shared between the login node and the compute nodes.
        kraken_python: The interpreter of the environment that has kraken.
        queue: By what its scheduler is asked how long runs wait; None without a scheduler.
        cache: Bytes that may be kept of what can be sent again; None for no limit.
    """

    root: Path
    kraken_python: Path = field(default_factory=lambda: Path(sys.executable))
    queue: QueueTable | None = None
    cache: int | None = None

    @classmethod
    def from_environment(cls) -> "Site":
        """Reads the settings that the endpoint exports to what it starts.

        The root may begin with "~/": where everybody has an account of their own, one setting serves all.

        Raises:
            MissingData: The site's root is not set.
            ValueError: The limit of its cache is no whole number.
        """
        root = os.environ.get(ROOT_VARIABLE)
        if not root:
            raise MissingData(f"{ROOT_VARIABLE} is not set.", "The operator sets it in the endpoint's environment.")
        kraken = Path(os.environ.get(KRAKEN_VARIABLE) or sys.executable)
        limit = os.environ.get(CACHE_VARIABLE)
        return cls(Path(root).expanduser(), kraken, queue_table(), int(limit) if limit else None)

    def environment(self) -> dict[str, str]:
        """Returns what workers need as :meth:`from_environment` reads it, and where the key is if that was said."""
        key = os.environ.get(KEY_VARIABLE)
        own = {ROOT_VARIABLE: str(self.root), KRAKEN_VARIABLE: str(self.kraken_python)}
        limit = {} if self.cache is None else {CACHE_VARIABLE: str(self.cache)}
        return own | limit | ({KEY_VARIABLE: key} if key else {})

    @property
    def runs(self) -> Path:
        """The directory of all runs."""
        return self.root / "runs"

    def run(self, run_id: RunId, claim: int | None = None) -> RunDir:
        """Returns the directory of one run, existing or not; for one who writes, under that claim."""
        return RunDir(self.runs, run_id, claim)

    def blob(self, sha256: str) -> Path:
        """Returns where a file of this content is kept, existing or not."""
        return self.root / blob_name(sha256)

    def compiled(self, key: str) -> Path:
        """Returns the directory of a compiled dataset, existing or not."""
        return self.root / "compiled" / key

    def manifest(self, dataset: str) -> Manifest:
        """Reads a staged manifest.

        Raises:
            MissingData: It is not here.
            DamagedFile: It is not what its name says.
        """
        return Manifest.model_validate_json(self.verified(dataset, "The manifest").read_bytes())

    def require(self, sha256: str, what: str) -> Path:
        """Returns the path of a blob that must be here.

        Raises:
            MissingData: It is not.
        """
        path = self.blob(sha256)
        if not path.is_file():
            raise MissingData(f"{what} ({sha256[:12]}) is not on this site.", "Stage it again.")
        return path

    def verified(self, sha256: str, what: str) -> Path:
        """Returns the path of a blob that must be here, and whole.

        Side effects: One that is not what its name says is deleted, so that it can be staged again.

        Raises:
            MissingData: It is not here.
            DamagedFile: It was not what its digest says.
        """
        path = self.require(sha256, what)
        if sha256_of(path) != sha256:
            with suppress(OSError):  # deleted already, or not ours to delete: the finding is the same
                path.unlink()
            raise DamagedFile(path, what)
        return path

    def checkpoint(self, wanted: CheckpointRef) -> Path:
        """Finds a checkpoint that a run of this site wrote and signed.

        A checkpoint is a pickle: one that a client could have brought here is never given out, whatever its digest,
        nor is one from before checkpoints were signed.

        Raises:
            MissingData: No run of this site signed it, or what is there has another digest.
        """
        run = self.run(wanted.run_id)
        path = run.checkpoint_path(wanted.step)
        if wanted in run.checkpoint_refs() and path.is_file() and sha256_of(path) == wanted.sha256:
            return path
        raise MissingData(
            f"The checkpoint of step {wanted.step} of run {wanted.run_id} is not on this site, "
            "or bears no signature of this site's key.",
            "Train anew.",
        )
