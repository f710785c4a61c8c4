"""What can go wrong on a site. Each carries the reason that its report will name.

ArmariusError
 └── SiteError
      ├── DamagedFile        content does not match its digest
      ├── MissingData        something was not staged
      ├── BadBundle          an archive that is not what was sent
      ├── NoRoom             the site's disk is full
      ├── BundleBusy         the archive is being unpacked                (transient)
      ├── NoKey              the key for checkpoints can neither be read nor made
      ├── NotRegular         a link, or another strange thing, stands where the site keeps a file of its own
      ├── RunBusy            the run is being computed by somebody else   (transient)
      ├── Superseded         another process has taken the run over       (transient)
      ├── Stopped            this process was told to end               (transient)
      ├── EngineMissing      no kraken here
      └── EngineFault        raised inside the engine, with its reason
"""

from pathlib import Path

from armarius.functions.contracts import ArmariusError, Reason


class SiteError(ArmariusError):
    """Something on the site prevents the run."""

    reason: Reason = Reason.ENGINE_DIED


class DamagedFile(SiteError):
    """A file's content does not match the digest it is known by: stage it again.

    Args:
        path: The file.
        what: What people call it.
    """

    reason = Reason.MISSING_DATA

    def __init__(self, path: Path, what: str = "") -> None:
        place = f"{what} is damaged: {path}" if what else str(path)
        super().__init__(f"{place} does not hold what its digest says.", "It was changed or damaged; send it again.")
        self.path, self.what = path, what

    def __reduce__(self) -> tuple[type["DamagedFile"], tuple[Path, str]]:
        return type(self), (self.path, self.what)


class MissingData(SiteError):
    """A manifest, an image, a model or a checkpoint is not on the site."""

    reason = Reason.MISSING_DATA


class BadBundle(SiteError):
    """An archive is not what was sent, or holds what no client of ours sends. It was deleted: send it again.

    Args:
        name: The archive.
        what: What is wrong with it, as the rest of a sentence about it.
    """

    reason = Reason.MISSING_DATA

    def __init__(self, name: str, what: str) -> None:
        super().__init__(f"The site refuses the archive {name}: {what}.", "Send it again.")
        self.name, self.what = name, what

    def __reduce__(self) -> tuple[type["BadBundle"], tuple[str, str]]:
        return type(self), (self.name, self.what)


class NoRoom(SiteError):
    """The site's disk cannot hold what it is to keep: its operator makes room, or another site is used."""

    reason = Reason.DISK_FULL


class NoKey(SiteError):
    """The key by which a site knows its own checkpoints can neither be read nor made.

    Args:
        path: Where it should be.
        why: What is wrong with it.
    """

    reason = Reason.READ_ONLY

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(
            f"The site's key for checkpoints, {path}, cannot be used: {why}.",
            "Its operator can name another file by ARMARIUS_KEY_FILE; it is made where it is missing.",
        )
        self.path, self.why = path, why

    def __reduce__(self) -> tuple[type["NoKey"], tuple[Path, str]]:
        return type(self), (self.path, self.why)


class NotRegular(SiteError):
    """A link, or another strange thing, stands where the site keeps a file or directory of its own.

    No process of ours puts it there: it is not followed, and nothing behind it is touched.

    Args:
        path: What is strange.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} is a link or another strange thing, where the site keeps something of its own.",
            "Its operator must look who put it there.",
        )
        self.path = path

    def __reduce__(self) -> tuple[type["NotRegular"], tuple[Path]]:
        return type(self), (self.path,)


class BundleBusy(SiteError):
    """Another process is unpacking the archive; ask again.

    Args:
        name: The archive.
    """

    transient = True

    def __init__(self, name: str) -> None:
        super().__init__(f"The archive {name} is being unpacked.", "Ask again in a moment.")
        self.name = name

    def __reduce__(self) -> tuple[type["BundleBusy"], tuple[str]]:
        return type(self), (self.name,)


class RunBusy(SiteError):
    """The run is being computed by another process; ask for its progress instead."""

    transient = True

    def __init__(self, run_id: str, owner: str) -> None:
        super().__init__(f"Run {run_id} is already being computed ({owner}).", "Ask for its progress instead.")
        self.run_id, self.owner = run_id, owner

    def __reduce__(self) -> tuple[type["RunBusy"], tuple[str, str]]:
        return type(self), (self.run_id, self.owner)


class Superseded(SiteError):
    """This process was cut off, and another one has taken its run over: it may write nothing of it any more."""

    transient = True

    def __init__(self, run_id: str) -> None:
        super().__init__(f"Run {run_id} was taken over by another process.", "Ask for its progress instead.")
        self.run_id = run_id

    def __reduce__(self) -> tuple[type["Superseded"], tuple[str]]:
        return type(self), (self.run_id,)


class Stopped(SiteError):
    """The process that computed the run was told to end, and nobody knows why: hand the run over again.

    What it had done is in its newest checkpoint.
    """

    transient = True

    def __init__(self, run_id: str) -> None:
        super().__init__(f"The process that computed run {run_id} was told to end.", "Hand the run over again.")
        self.run_id = run_id

    def __reduce__(self) -> tuple[type["Stopped"], tuple[str]]:
        return type(self), (self.run_id,)


class EngineMissing(SiteError):
    """The interpreter that should have kraken does not."""

    reason = Reason.ENGINE_MISSING


class EngineFault(SiteError):
    """The engine ends its run with this reason."""

    def __init__(self, reason: Reason, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.reason = reason

    def __reduce__(self) -> tuple[type["EngineFault"], tuple[Reason, str, str]]:
        return type(self), (self.reason, self.message, self.hint)
