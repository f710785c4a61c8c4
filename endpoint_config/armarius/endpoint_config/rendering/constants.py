"""Everything that a user endpoint's configuration can be made of: one closed mapping, computed before anybody asks."""

from shlex import quote

from armarius.client.config import seconds_of
from armarius.client.config.script import exports, own_scratch, shape_bounds, walltime_bound
from armarius.client.config.slurm import queued_shape, scheduler_options, slurm_walltime
from armarius.endpoint_config.profile import Profile
from armarius.endpoint_config.rendering.literals import Value
from armarius.endpoint_config.shapes import SiteShape
from armarius.functions.contracts import QueueTable
from armarius.functions.notice import TRAP
from armarius.functions.role import BATCH_ROLE, ROLE_VARIABLE
from armarius.functions.site import CACHE_VARIABLE, KRAKEN_VARIABLE, ROOT_VARIABLE

SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin"

DESERIALISERS = ("armarius.functions.guard.OwnSource", "globus_compute_sdk.serialize.JSONData")
"""What a worker may read: the text of our own functions, and JSON. Other texts and anything pickled are refused."""

CREDENTIALS = ("GLOBUS_COMPUTE_CLIENT_ID", "GLOBUS_COMPUTE_CLIENT_SECRET")
"""With these the endpoint logs in. A user endpoint inherits its environment, needs neither, and gets neither."""


def constants(profile: Profile) -> dict[str, Value]:
    """Returns the mapping. Globus Compute hands a person's text to the template in JSON, so the keys are quoted."""
    beat = profile.heartbeat
    return {
        "roles": {_key("control"): "control", _key("batch"): "batch"},
        "shapes": {_key(shape.name): _shape(profile, shape) for shape in profile.shapes},
        "walltimes": {_key(text): _walltime(profile, text) for text in profile.walltimes},
        "projects": {_key(name): name for name in sorted(profile.projects)},
        "scheduler": profile.scheduler,
        "interface": profile.network.interface,
        "address": profile.network.address or "127.0.0.1",
        "max_blocks": 1 if profile.scheduler == "local" else profile.max_blocks,
        "control_threads": profile.control_threads,
        "deserialisers": list(DESERIALISERS),
        "worker_init": worker_init(profile),
        "heartbeat": {
            "period": beat.period,
            "worker_period": beat.worker_period,
            "worker_threshold": beat.worker_threshold,
            "control_idle": beat.beats(beat.control_idle),
            "batch_idle": beat.beats(beat.batch_idle),
            "patience": beat.beats(beat.patience),
        },
    }


def _key(text: str) -> str:
    return f'"{text}"'


def _walltime(profile: Profile, text: str) -> dict[str, Value]:
    return {
        "name": text,
        "slurm": slurm_walltime(text, profile.start_allowance),
        # A job that has begun its run takes no other: what is left of it would be less than the run was promised.
        "drain": max(1, int(seconds_of(profile.start_allowance) / 2)),
        "frame": walltime_bound(text),
    }


def _shape(profile: Profile, shape: SiteShape) -> dict[str, Value]:
    slurm = shape.slurm
    return {
        "name": shape.name,
        "slots": shape.slots,
        "accelerators": list(shape.places),
        "partition": slurm.partition,
        "qos": slurm.qos,
        "constraint": slurm.constraint,
        "gres": slurm.gres,
        "exclusive": slurm.exclusive,
        "account": None if profile.projects else account_of(shape, None),
        "accounts": {_key(name): account_of(shape, account) for name, account in sorted(profile.projects.items())},
        "options": scheduler_options(shape.cpus, int(shape.memory), slurm),
        "frame": shape_bounds(shape.shape()),
    }


def account_of(shape: SiteShape, project: str | None) -> str | None:
    """Returns who is charged for a shape, where a project has this account."""
    return (
        shape.slurm.account if project is None else (shape.slurm.account or "{project}").replace("{project}", project)
    )


def queue_table(profile: Profile) -> QueueTable:
    """Returns the table by which the control functions ask Slurm: for the first project, where there are some."""
    project = next((account for _, account in sorted(profile.projects.items())), None)
    return QueueTable(
        shapes=tuple(queued_shape(each.shape(), each.slurm, account_of(each, project)) for each in profile.shapes),
        walltimes={text: slurm_walltime(text, profile.start_allowance) for text in profile.walltimes},
    )


def variables(profile: Profile) -> dict[str, str]:
    """Returns the environment of user endpoints and their workers, by name."""
    own = {
        "PATH": f"{profile.environment}/bin:{SYSTEM_PATH}",
        "PYTHONNOUSERSITE": "1",
        ROOT_VARIABLE: profile.root,
        KRAKEN_VARIABLE: profile.kraken_python,
    }
    limit = {} if profile.cache is None else {CACHE_VARIABLE: str(int(profile.cache))}
    return dict(profile.variables) | ({"TMPDIR": profile.scratch} if profile.scratch else {}) | own | limit


def worker_init(profile: Profile) -> list[str]:
    """Returns the lines of shell that a worker's block begins with: the operator's own, then ours.

    The environment is set here, too, since a scheduler need not pass on that of the user endpoint.
    """
    settings = variables(profile)
    if profile.scratch:
        del settings["TMPDIR"]
    # What the operator's lines put on the PATH, such as a module's programs, stays behind our own.
    path = f'export PATH={quote(settings.pop("PATH").split(":")[0])}:"$PATH"'
    own = [f"unset {' '.join(CREDENTIALS)}", path, *exports(settings | {ROLE_VARIABLE: BATCH_ROLE})]
    trap = TRAP.splitlines() if profile.scheduler == "slurm" else []
    return [*profile.setup, *own, *own_scratch(profile.scratch, profile.walltimes, profile.start_allowance), *trap]
