"""What can go wrong where a site is set up.

ArmariusError
 ├── BadInput
 │    └── BadProfile        a site profile that cannot be used; file and place are named
 └── EndpointConfigError
      ├── HandEdited        a rendered file was changed by hand
      ├── BadFolder         the endpoint's directory cannot be used
      ├── Drift             what is registered is not what this release would register
      └── NotReached        Globus did not answer, or would not                (transient)
"""

from armarius.functions.contracts import ArmariusError, BadInput


class BadProfile(BadInput):
    """A site profile that cannot be read, or that says what cannot be: the message names the file and the place."""


class EndpointConfigError(ArmariusError):
    """An endpoint cannot be set up as its profile says."""


class HandEdited(EndpointConfigError):
    """A file of the endpoint was changed after it was rendered. Move the change into the profile, or use --force."""


class BadFolder(EndpointConfigError):
    """The endpoint's directory has a name that cannot be used, or is not one that was rendered."""


class Drift(EndpointConfigError):
    """What is registered or allowed is not what this release of Armarius would register: look, then use --again."""


class NotReached(EndpointConfigError):
    """Globus Compute could not be reached, or refused; nothing was changed."""

    transient = True
