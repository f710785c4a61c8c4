"""What sites and data say of each other, so that pages stay where they may be."""

from typing import Annotated

from pydantic import StringConstraints

Tag = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,39}\z")]
"""A word that a site bears and that data may ask for, such as "eu" or "own"."""

Person = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]{1,200}\z")]
"""Who asks for a job, as the pool knows people; or a project."""
