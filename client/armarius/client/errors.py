"""What can go wrong on the way to a site.

ArmariusError
 └── BadInput                what was given cannot be used: the message names it
      ├── BadPoints          coordinates that are none
      ├── NoPages            nothing was given, or nothing usable remains
      ├── BadModelFile       a file that is no model, or one of another kind
      ├── OutputTaken        the folder for the results holds something else
      ├── CannotSplit        too few pages to keep some apart
      └── PageError          one page cannot be used; its file is named
           ├── NotXML            damaged, truncated, or no XML at all
           ├── UnsafeXML         a document type or entities, which could read other files or fill the memory
           ├── UnknownSchema     XML, but neither ALTO nor PAGE
           ├── BadTranscription  ALTO or PAGE that does not say what is needed
           ├── ImageMissing      the page's image is not beside it
           ├── BadImage          the image cannot be read, or is not the one that was transcribed
           ├── SameImage         another page shows the same image
           └── EmptyPage         no line of it can be used
 ├── ConfigurationError      a site file or a setting cannot be used
 ├── JobNotFound             no job, or more than one, is called so
 ├── JobEnded                the job has ended without what was asked for
 ├── ResultsLost             the results cannot be written where they should go
 ├── JournalTooNew           a later version wrote the journal
 ├── AllowanceUsedUp         whoever asked for the job may use no more
 ├── PoolClosed              the pool was closed before a future came true (transient)
 ├── SiteUnknown             a run's site is configured no more       (transient)
 ├── JournalUnreachable      the journal did not answer                (transient)
 ├── HeldBack                the job must wait: for its turn, or for an allowance (transient)
 ├── LeaseLost               another driver has taken the job over     (transient)
 ├── SiteRefused             a site answered that it will not          (transient if the site says so)
 ├── SignInNeeded            nobody is signed in to Globus             (transient)
 │    └── AccountNeeded      a person's own account is not connected   (transient)
 └── SiteUnreachable         a site did not answer; nothing is lost    (transient)
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from armarius.functions.contracts import ArmariusError, BadInput

if TYPE_CHECKING:
    from armarius.client.pages.packed import Problem


def shown(path: Path) -> str:
    """Returns a path as it can be printed everywhere: bytes that are no text become question marks."""
    return os.fsencode(path).decode(errors="replace")


class BadPoints(BadInput):
    """Coordinates that cannot be read. The line or region that has them is left out."""


class NoPages(BadInput):
    """Nothing was given, or none of the pages can be used: each has its reason in the message.

    Args:
        message: What happened.
        hint: What to do next.
        problems: What is known of each page.
    """

    def __init__(self, message: str, hint: str = "", problems: Sequence["Problem"] = ()) -> None:
        super().__init__(message, hint)
        self.problems = tuple(problems)

    def __reduce__(self) -> tuple[type["NoPages"], tuple[str, str, tuple["Problem", ...]]]:
        return type(self), (self.message, self.hint, self.problems)


class CannotSplit(BadInput):
    """Too few pages to keep some apart for validation: give more pages, or name those that validate."""


class PageError(BadInput):
    """One page cannot be used; the others are kept.

    Args:
        file: The transcription.
        what: What is wrong with it, as the rest of a sentence that begins with the file's name.
        hint: What to do next.
    """

    def __init__(self, file: Path, what: str, hint: str = "") -> None:
        super().__init__(f"{shown(file)} {what}", hint)
        self.file = file
        self.what = what

    def __reduce__(self) -> tuple[type["PageError"], tuple[Path, str, str]]:
        return type(self), (self.file, self.what, self.hint)


class NotXML(PageError):
    """The file is empty, cut off, or not XML: export it again."""


class UnsafeXML(PageError):
    """The file declares a document type or entities. ALTO and PAGE need neither, and both can do harm."""


class UnknownSchema(PageError):
    """The file is neither ALTO nor PAGE.

    Args:
        file: The file.
        what: What is wrong with it.
        hint: What to do next.
        root: The name of its outermost element.
    """

    def __init__(self, file: Path, what: str, hint: str = "", root: str = "") -> None:
        super().__init__(file, what, hint)
        self.root = root

    def __reduce__(self) -> tuple[type["UnknownSchema"], tuple[Path, str, str, str]]:  # type: ignore[override]
        return type(self), (self.file, self.what, self.hint, self.root)


class BadTranscription(PageError):
    """ALTO or PAGE that lacks what is needed, or measures in another unit than pixels."""


class ImageMissing(PageError):
    """No image beside the transcription bears the name that it gives, nor its own."""


class BadImage(PageError):
    """The image is damaged, too large, no image, or has another size than the transcription says."""


class SameImage(PageError):
    """Two pages show one image: it could stand in the training and in the validation at once."""


class EmptyPage(PageError):
    """There is nothing on the page to learn from: no line with a baseline and a text, or neither line nor region."""


def listed(reasons: Sequence[str]) -> str:
    """Returns reasons one to a line, each marked."""
    return "".join(f"\n  - {reason}" for reason in reasons)


class ConfigurationError(ArmariusError):
    """A site file or a setting cannot be used; the message names it and the place."""


class JobNotFound(ArmariusError):
    """No job is called so, or the beginning of an id was given that several have.

    Args:
        job_id: What was asked for.
        several: Whether there are too many rather than none.
    """

    def __init__(self, job_id: str, *, several: bool = False) -> None:
        count = "Several jobs begin" if several else "No job begins"
        super().__init__(f"{count} with {job_id!r}.", "See them with: armarius jobs")


class JobEnded(ArmariusError):
    """The job ended without a result: it was cancelled, or it failed for the reason in the message."""


class PoolClosed(ArmariusError):
    """The pool was closed while somebody waited for a job's future. The job goes on when anybody drives it.

    Args:
        job_id: The job.
    """

    transient = True

    def __init__(self, job_id: str) -> None:
        super().__init__(f"The pool was closed before job {job_id} ended.", f"Go on with: armarius resume {job_id}")
        self.job_id = job_id

    def __reduce__(self) -> tuple[type["PoolClosed"], tuple[str]]:
        return type(self), (self.job_id,)


class BadModelFile(BadInput):
    """A file that is no model, is damaged, or is a model for something else.

    Args:
        path: The file.
        what: What is wrong, as the rest of a sentence that begins with the file's name.
    """

    def __init__(self, path: Path, what: str) -> None:
        super().__init__(f"{shown(path)} {what}", "Give a whole model of the right kind, as kraken writes it.")


class OutputTaken(BadInput):
    """The folder for the results holds something already. Nothing is ever overwritten: name another."""


class ResultsLost(ArmariusError):
    """The folder for the results cannot be written; they stay on the site until it can.

    Args:
        folder: Where they should go.
        error: What the system says.
    """

    def __init__(self, folder: Path, error: OSError) -> None:
        super().__init__(
            f"The results cannot be written to {shown(folder)}: {error}.", "Mend that, then: armarius resume JOB"
        )

    def __reduce__(self) -> tuple[type[ArmariusError], tuple[str, str]]:
        return ArmariusError, (self.message, self.hint)


class JournalTooNew(ArmariusError):
    """A later version of Armarius wrote the journal.

    Args:
        found: The version of its tables.
        known: The newest that this version understands.
    """

    def __init__(self, found: int, known: int) -> None:
        super().__init__(
            f"The journal has tables of version {found}; this Armarius knows {known}.", "Install a newer one."
        )


class AllowanceUsedUp(ArmariusError):
    """Whoever asked for the job may use no more, and no day is near on which they may: raise the allowance."""


class HeldBack(ArmariusError):
    """The job must wait, for its turn or for an allowance; the message says for what. It goes on by itself."""

    transient = True


class SiteUnknown(ArmariusError):
    """A run is on a site that the configuration does not name any more: put its file back.

    Args:
        name: The site.
    """

    transient = True

    def __init__(self, name: str) -> None:
        super().__init__(f"The site {name!r} is not configured any more.", "Put its file back.")


class JournalUnreachable(ArmariusError):
    """The journal could not be read or written: it is busy, full, or its server is away."""

    transient = True


class LeaseLost(ArmariusError):
    """Another driver has taken the job over; nothing was changed.

    Args:
        job_id: The job.
    """

    transient = True

    def __init__(self, job_id: str) -> None:
        super().__init__(f"Another process drives job {job_id} now.")


class SiteUnreachable(ArmariusError):
    """A site did not answer. Unreachable is not lost: what runs there goes on."""

    transient = True


class SignInNeeded(ArmariusError):
    """Nobody is signed in to Globus, or Globus asks for more. Jobs wait, and go on when somebody has signed in."""

    transient = True


class AccountNeeded(SignInNeeded):
    """The account of the person whose job this is, is not connected (any more). Only that person's jobs wait."""


class SiteRefused(ArmariusError):
    """A site, or the service before it, answered that it will not do what was asked.

    Args:
        message: What was refused, by whom and why.
        hint: What to do next.
        transient: Whether trying again may cure it.
        error: The site's own name for the error.
    """

    def __init__(self, message: str, hint: str = "", transient: bool = False, error: str = "") -> None:
        super().__init__(message, hint)
        self.transient = transient
        self.error = error

    def __reduce__(self) -> tuple[type["SiteRefused"], tuple[str, str, bool, str]]:
        return type(self), (self.message, self.hint, self.transient, self.error)
