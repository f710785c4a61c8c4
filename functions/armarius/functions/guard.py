"""What a site's workers unpack as code: the texts of the registered functions, and no other.

Globus Compute unpacks a task's function, arguments and keyword arguments one after the other, with one list of what may
be read for all three. Its own strategy for source text executes whatever it is given, wherever that stands; so a client
could send source text as arguments. The strategy here takes its place in every process that names it in its list, which
is how the Compute SDK comes to import this module: nothing that came over the wire is executed, whichever of the three
it is. Where this module cannot be imported, nothing is unpacked at all.

A user endpoint imports it just before it makes its executor: there our own takes the place of Parsl's.
"""

import sys
from collections.abc import Callable
from typing import Any, NoReturn

from globus_compute_sdk.errors import DeserializationError, SerializationError
from globus_compute_sdk.serialize import SerializationStrategy, concretes

from armarius.functions.registered.source import NAMES, source

SOURCE_TEXT = "st\n"
"""How the SDK marks source text."""


class OwnSource(SerializationStrategy):
    """Reads source text that is, letter by letter, that of a registered function of this release."""

    for_code = True

    def serialize(self, data: Any) -> NoReturn:
        """Sends nothing.

        Raises:
            SerializationError: Always; a site's functions answer in JSON.
        """
        raise SerializationError("A site sends no code.")  # type: ignore[no-untyped-call]

    def deserialize(self, payload: str) -> Callable[[Any], Any]:
        """Returns the function whose text this is, made from the text that is installed here.

        Raises:
            DeserializationError: It is no function's, or another text.
        """
        name, _, text = self.chomp(payload).partition(":")
        if name not in NAMES or text != source(name):
            said = "This site runs the functions of Armarius alone, with the text of its own release."
            raise DeserializationError(said)  # type: ignore[no-untyped-call]
        return _installed(name)


def _installed(name: str) -> Callable[[Any], Any]:
    namespace: dict[str, Any] = {}
    exec(source(name), namespace)  # noqa: S102 - our own text
    function: Callable[[Any], Any] = namespace[name]
    return function


# The mark is given afterwards: a class that is made with one that is taken is refused by the SDK.
OwnSource.identifier = SOURCE_TEXT
SerializationStrategy._CACHE[SOURCE_TEXT] = OwnSource()
concretes.SELECTABLE_STRATEGIES.append(OwnSource)

_ENGINE = "globus_compute_endpoint.engines.globus_compute"
if _ENGINE in sys.modules:  # not so in workers, which need no executor
    from armarius.functions.executor import RunExecutor

    sys.modules[_ENGINE].GlobusComputeEngine._ExecutorClass = RunExecutor
