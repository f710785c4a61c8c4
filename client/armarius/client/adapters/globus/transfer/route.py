"""The way between this machine and one site: every path of it, as each end and as Transfer sees it.

The same file has three names. What this machine calls ``/srv/globus/outbox/a.zip`` (``own.path``), Transfer may call
``/outbox/a.zip`` (``own.seen_as``); and what Transfer calls ``/armarius/inbox/a.zip`` on the site's collection
(``data.root``), the site's workers may call ``/scratch/pool/armarius/inbox/a.zip``. Nobody but this class joins them.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from armarius.client.config import DataPath, OwnCollection
from armarius.functions.contracts import ArmariusError
from armarius.functions.inbox import archive_name

ACCOUNT = "{account}"


@dataclass(frozen=True)
class Route:
    """A way to a site.

    Attributes:
        site: What people call the site.
        data: The site's root, as Transfer sees it.
        own: This machine's folder for Transfer.
        account: Tells the name of the account on the site, where ``{account}`` in the root stands for it.
    """

    site: str
    data: DataPath
    own: OwnCollection
    account: Callable[[], str] = str

    @property
    def outbox(self) -> Path:
        """Where archives wait to be sent."""
        return self.own.path / "outbox"

    @property
    def landing(self) -> Path:
        """Where files from sites arrive, before they are checked and get their place."""
        return self.own.path / "landing"

    def room(self) -> int:
        """Returns the bytes that are free for this machine's folder, which is made if it is missing.

        Raises:
            OSError: It cannot be made or read.
        """
        self.own.path.mkdir(parents=True, exist_ok=True)
        return shutil.disk_usage(self.own.path).free

    def archive(self, name: str) -> Path:
        """Returns where an archive is written on this machine."""
        return self.outbox / f"{name}.zip"

    def landed(self, name: str) -> Path:
        """Returns where a file from the site arrives on this machine."""
        return self.landing / name

    def seen_here(self, path: Path) -> str:
        """Returns how Transfer calls a path of this machine's folder."""
        return _joined(self.own.seen_as, path.relative_to(self.own.path).as_posix())

    def seen_there(self, path: str) -> str:
        """Returns how Transfer calls a path that is relative to the site's root.

        Raises:
            ArmariusError: It would lead out of the root, or the site does not say whose it is.
        """
        if PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts:
            raise ArmariusError(f"{path!r} would leave the site's root.")
        root = self.data.root
        return _joined(root.replace(ACCOUNT, self.account()) if ACCOUNT in root else root, path)

    def seen_in_inbox(self, name: str) -> str:
        """Returns how Transfer calls an archive on the site."""
        return self.seen_there(archive_name(name))


def _joined(root: str, path: str) -> str:
    return f"{root.rstrip('/')}/{path}"
