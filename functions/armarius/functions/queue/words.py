"""Reading what Slurm's commands print. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from armarius.functions.contracts import PartitionReport, QueuedShape

PARTITIONS = ("sinfo", "--noheader", "--format=%P|%a|%D|%C|%l")
NODES = (
    "sinfo", "--noheader", "--Node",
    "--Format=Partition:|,NodeList:|,StateLong:|,CPUsState:|,Memory:|,AllocMem:|,Gres:|,GresUsed:|",
)  # fmt: skip
PENDING = ("squeue", "--noheader", "--states=PENDING", "--format=%P|%U|%j|%r")
SETTINGS = ("scontrol", "show", "config")
"""Commands whose output is read here. None needs accounting."""

_START = re.compile(r"to start at (\S+)")
_PRIVATE = re.compile(r"^PrivateData\s*=.*\bjobs\b", re.MULTILINE)
_GPUS = re.compile(r"\bgpu(?::[^:,()]+)?:(\d+)")
_LENGTH = re.compile(r"(?:(\d+)-)?(?:(\d+):)?(\d+):(\d+)\Z")
_MEBI = 1 << 20
_BLOCK = "parsl."
"""So begin the names of Parsl's jobs."""

_HELD = frozenset({"BeginTime", "Dependency", "DependencyNeverSatisfied", "JobHeldAdmin", "JobHeldUser"})
"""Why a job waits that nobody has to wait for."""


@dataclass(frozen=True)
class NodeState:
    """One node in one partition.

    Attributes:
        partition: Which; a node stands there once for each.
        default: Whether that is the cluster's default partition.
        idle: Whether nobody uses it.
        cpus: Free hardware threads; none if it takes no jobs.
        memory: Free bytes.
        gpus: Free GPUs.
    """

    partition: str
    default: bool
    idle: bool
    cpus: int
    memory: int
    gpus: int


def partitions(text: str) -> Iterator[PartitionReport]:
    """Reads the output of `PARTITIONS`; passes over lines that it does not understand."""
    for line in text.splitlines():
        try:
            name, up, nodes, cpus, longest = line.split("|")
            _, free, _, all_cpus = cpus.split("/")
            yield PartitionReport(
                name=name.rstrip("*"),
                up=up == "up",
                nodes=int(nodes),
                cpus=int(all_cpus),
                cpus_free=int(free),
                longest=length(longest),
            )
        except ValueError:
            continue


def default_partition(text: str) -> str:
    """Returns by the output of `PARTITIONS` the cluster's default, which has a star; empty if it has none."""
    return next((line.split("*|")[0] for line in text.splitlines() if "*|" in line), "")


def nodes(text: str) -> Iterator[NodeState]:
    """Reads the output of `NODES`; passes over lines that it does not understand."""
    for line in text.splitlines():
        try:
            name, _, state, cpus, memory, taken, gres, used = line.split("|")[:8]
            usable = state in ("idle", "mixed")
            yield NodeState(
                partition=name.rstrip("*"),
                default=name.endswith("*"),
                idle=state == "idle",
                cpus=int(cpus.split("/")[1]) if usable else 0,
                memory=(int(memory) - int(taken)) * _MEBI,
                gpus=_gpus(gres) - _gpus(used),
            )
        except (ValueError, IndexError):
            continue


def _gpus(gres: str) -> int:
    return sum(int(number) for number in _GPUS.findall(gres))


def free(shape: QueuedShape, found: list[NodeState]) -> int:
    """Returns how many jobs of a shape could start at once on some nodes."""
    usable = (node for node in found if (node.partition == shape.partition if shape.partition else node.default))
    return sum(_fitting(shape, node) for node in usable)


def others(shape: QueuedShape, text: str, default: str, own: int) -> int:
    """Returns how many jobs wait for a shape's partition that are no blocks of one's own, and are not held.

    Args:
        shape: What is asked for.
        text: The output of `PENDING`.
        default: The cluster's default partition.
        own: The user id under which one's own blocks are submitted.
    """
    return sum(_is_ahead(line, shape.partition or default, own) for line in text.splitlines())


def _is_ahead(line: str, partition: str, own: int) -> bool:
    """Tells whether a line of `PENDING` is of somebody else's job; one that is not understood is."""
    names, _, rest = line.partition("|")
    user, _, rest = rest.partition("|")
    name, _, reason = rest.rpartition("|")
    block = user == str(own) and name.startswith(_BLOCK)
    return partition in names.split(",") and not block and reason not in _HELD


def keeps_jobs_private(text: str) -> bool:
    """Tells by the output of `SETTINGS` whether the scheduler shows people their own jobs alone."""
    return _PRIVATE.search(text) is not None


def _fitting(shape: QueuedShape, node: NodeState) -> int:
    if shape.whole:
        return int(node.idle and node.cpus >= shape.cpus)
    counts = [node.cpus // shape.cpus]
    if shape.memory:
        counts.append(node.memory // shape.memory)
    if shape.gpus:
        counts.append(node.gpus // shape.gpus)
    return max(0, min(counts))


def start(text: str, now: float) -> float | None:
    """Reads the answer of ``sbatch --test-only``: seconds until the job would start, or None if it names no time."""
    if not (found := _START.search(text)):
        return None
    try:
        return max(0.0, datetime.fromisoformat(found[1]).timestamp() - now)
    except ValueError:
        return None


def length(text: str) -> float | None:
    """Reads a time limit such as "2-00:00:00" or "30:00" in seconds; None for no end."""
    if not (found := _LENGTH.match(text)):
        return None
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return float(((days * 24 + hours) * 60 + minutes) * 60 + seconds)
