"""Where a run is: on a site, and perhaps there under the account of a person: "alpha", "alpha as user-17"."""

IDENTITY = r"^[A-Za-z0-9_-]{1,32}\z"
"""What the name of a person's key looks like."""

_AS = " as "
"""No name of a site has a space."""


def place_of(site: str, identity: str | None) -> str:
    """Names a place."""
    return f"{site}{_AS}{identity}" if identity else site


def site_of(place: str) -> str:
    """Returns the name of the site."""
    return place.partition(_AS)[0]


def identity_of(place: str) -> str | None:
    """Returns whose account; None for the pool's own."""
    return place.partition(_AS)[2] or None
