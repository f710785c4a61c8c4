"""What an admin decides for one way of signing in. No Django here: settings are being read."""

from typing import Literal

from armarius.functions.contracts import Contract

Link = Literal["no", "username", "email"]


class Rules(Contract):
    """What the admin has decided for one way.

    Attributes:
        link: Whether an account that was there before is its owner's by this way, too: never; where the usernames are
            the same; or where the e-mail addresses are, and the institution has verified its own.
        new_users: Whether those may come who have no account; they get one.
        groups: Teams that new users join, by name. They are made if they are missing.
    """

    link: Link = "no"
    new_users: bool = False
    groups: tuple[str, ...] = ()
