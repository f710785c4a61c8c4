"""Kinds of text that a profile may hold. Each is closed enough that nothing in it can end a line or a quotation.

What a profile says ends in YAML, in a Jinja template, in a shell script and in a Slurm script. Names, paths and Slurm
options therefore have alphabets without any character that means something there; only the operator's own lines and
the values of variables are free text, and they are one printable line each.
"""

from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}\z")]
"""Of a site, a project or an account: it becomes a file name, a key and a part of a display name."""

Duration = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,5}[smhd]\z")]
"""A length of time such as "30m" or "8h"."""

SitePath = Annotated[str, StringConstraints(pattern=r"^/[A-Za-z0-9._/@+=,-]{0,400}\z")]
"""An absolute path. Neither blanks nor quotes: Parsl and Globus Compute put paths into shell commands as they are."""

ScratchPath = Annotated[str, StringConstraints(pattern=r"^/[A-Za-z0-9._/@+=,-]{0,50}\z")]
"""A directory for temporary files on a node. Parsl makes sockets some way below, and Linux allows the path of a
socket no more than 107 characters."""

RootPath = Annotated[str, StringConstraints(pattern=r"^~?/[A-Za-z0-9._/@+=,-]{0,400}\z")]
"""An absolute path, or one in the home of whoever the endpoint works for ("~/armarius")."""

SlurmWord = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:,@=+/-]{0,127}\z")]
"""The value of a Slurm option."""

SlurmAccount = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9{][A-Za-z0-9_.:,@+{}-]{0,127}\z")]
"""A Slurm account; "{project}" in it stands for the project's own, as in "{project}@v100"."""

SlurmConstraint = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9(\[!][A-Za-z0-9_.,&|()\[\]*!-]{0,127}\z")]
"""Features of nodes, such as "a100&gpu80"."""

Device = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9:/-]{0,99}\z")]
"""What CUDA_VISIBLE_DEVICES may hold: "0", or the name of a MIG slice as nvidia-smi -L prints it."""

Host = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}\z")]
"""An IP address or a network interface."""

Email = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._+-]+@[A-Za-z0-9.-]+\z", max_length=200)]
"""An address to write to."""

VariableName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,63}\z")]
"""Of a variable of the environment."""

_LONGEST_LINE = 1000


def _one_line(text: str) -> str:
    """Refuses what could end a line in any of the formats that the text will pass through."""
    for character in text:
        if not character.isprintable():
            raise ValueError(f"must be one printable line, and has the character U+{ord(character):04X}")
    return text


Line = Annotated[str, Field(min_length=1, max_length=_LONGEST_LINE), AfterValidator(_one_line)]
"""Free text on one line: no control character, no line separator of any script."""
