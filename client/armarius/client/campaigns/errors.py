"""What can go wrong with a campaign.

ArmariusError
 ├── BadInput
 │    ├── BadSource          nothing can be made of the folder, the list or the manifest
 │    └── CampaignNotFound   a folder that holds no campaign
 ├── FetchFailed             something could not be fetched          (transient if it may come later)
 │    ├── AddressRefused     an address that is never asked
 │    ├── TooLarge           more than a page may have
 │    └── NotAnImage         what came is no image, or a damaged one
 ├── CampaignBusy            another process works on it             (transient)
 └── CampaignDamaged         its log cannot be understood
"""

from pathlib import Path

from armarius.client.errors import shown
from armarius.functions.contracts import ArmariusError, BadInput


class BadSource(BadInput):
    """A folder, a list or a manifest that holds no pages, cannot be read, or is too much of something."""


class CampaignNotFound(BadInput):
    """A folder that holds no campaign.

    Args:
        folder: The folder.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(f"{shown(folder)} holds no campaign.", "Begin one with: armarius campaign start")


class FetchFailed(ArmariusError):
    """Something could not be fetched.

    Args:
        address: Where it should be.
        what: What happened, as the rest of a sentence that begins with the address.
        transient: Whether it may come later.
    """

    def __init__(self, address: str, what: str, transient: bool = False) -> None:
        super().__init__(f"{printable(address)} {what}")
        self.address = address
        self.what = what
        self.transient = transient

    def __reduce__(self) -> tuple[type["FetchFailed"], tuple[str, str, bool]]:
        return type(self), (self.address, self.what, self.transient)


class AddressRefused(FetchFailed):
    """An address that is never asked: no http, with a password in it, or of a machine inside of a network."""


class TooLarge(FetchFailed):
    """It has more bytes than an image or a manifest may have. It was not read to its end."""


class NotAnImage(FetchFailed):
    """What came is no image that can be read, or is damaged. It was not kept."""


class CampaignBusy(ArmariusError):
    """Another process works on the campaign.

    Args:
        folder: The campaign's.
    """

    transient = True

    def __init__(self, folder: Path) -> None:
        super().__init__(f"Another process works on the campaign in {shown(folder)}.", "See: armarius campaign show")


class CampaignDamaged(ArmariusError):
    """The campaign's description or its log cannot be understood: it was changed by hand, or is of a later version."""


def printable(text: str, most: int = 200) -> str:
    """Returns foreign text as it can be shown: in one line, without what would move a terminal's cursor."""
    shortened = text if len(text) <= most else f"{text[:most]}…"
    return "".join(letter if letter.isprintable() else "?" for letter in shortened)
