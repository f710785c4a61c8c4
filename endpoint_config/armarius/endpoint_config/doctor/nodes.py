"""Asking a compute node how it is, in a job like those that the endpoint will send."""

import secrets
from dataclasses import dataclass
from pathlib import Path
from shlex import join

from pydantic import ValidationError

from armarius.client.config.slurm import command_options
from armarius.endpoint_config.doctor.commands import with_variables
from armarius.endpoint_config.doctor.context import Context
from armarius.endpoint_config.doctor.node import MARK, NodeReport
from armarius.endpoint_config.errors import EndpointConfigError
from armarius.endpoint_config.rendering.constants import account_of, worker_init
from armarius.endpoint_config.shapes import SiteShape

PATIENCE = 90
"""Seconds that a job may wait for a node. A busy queue is no fault of the site."""


@dataclass(frozen=True)
class Heard:
    """What a node told, and whether the file that it left in the root was seen here."""

    report: NodeReport
    shared: bool


class NoNode(EndpointConfigError):
    """No node answered: the queue is busy, or the job failed."""


def slurm_options(context: Context, shape: SiteShape, project: str | None) -> list[str]:
    """Returns what the endpoint's jobs ask for, as options of srun or sbatch; without the walltime."""
    account = account_of(shape, context.profile.projects[project] if project else None)
    return command_options(shape.cpus, int(shape.memory), shape.slurm, account)


def heard_of(context: Context, shape: SiteShape) -> Heard:
    """Returns what a node of this shape tells of itself; asked once.

    Raises:
        NoNode: None answered.
    """
    if shape.name not in context.nodes:
        try:
            context.nodes[shape.name] = _ask(context, shape)
        except NoNode as error:
            context.nodes[shape.name] = error
    found = context.nodes[shape.name]
    if isinstance(found, NoNode):
        raise found
    heard: Heard = found
    return heard


def _ask(context: Context, shape: SiteShape) -> Heard:
    profile, nonce = context.profile, secrets.token_hex(8)
    left = Path(profile.root).expanduser() / f"{MARK}-{nonce}"
    command = _command(context, shape, nonce)
    try:
        done = context.run(command, PATIENCE + 300)
        report = NodeReport.model_validate_json(done.out.strip().rpartition("\n")[2])
        return Heard(report, left.exists())
    except ValidationError as error:
        raise NoNode(f"No node of shape {shape.name} answered: {done.last_words}", _by_hand(command)) from error
    finally:
        left.unlink(missing_ok=True)


def _command(context: Context, shape: SiteShape, nonce: str) -> list[str]:
    """Returns what looks around on a node, in the environment that the endpoint's workers get."""
    profile = context.profile
    folders = [profile.root, *([profile.scratch] if profile.scratch else [])]
    program = [f"{profile.environment}/bin/python", "-m", "armarius.endpoint_config.doctor.node"]
    script = [*worker_init(profile), join([*program, profile.kraken_python, nonce, *folders])]
    there = ["bash", "-c", "\n".join(script)]
    if profile.scheduler == "local":
        return there
    project = next(iter(sorted(profile.projects)), None)
    waiting = [f"--immediate={PATIENCE}", "--time=5", "--job-name=armarius-doctor", "--quiet"]
    return with_variables(profile.variables, ["srun", *waiting, *slurm_options(context, shape, project), *there])


def _by_hand(command: list[str]) -> str:
    return "Try by hand: " + join(word if "\n" not in word else "hostname" for word in command)
