"""Does the scheduler take what the endpoint will ask for? Without one: does all fit the machine?"""

from collections.abc import Iterator

import psutil

from armarius.client.config.slurm import slurm_walltime
from armarius.endpoint_config.doctor.check import Check, ok, problem, warning
from armarius.endpoint_config.doctor.commands import with_variables
from armarius.endpoint_config.doctor.context import Context
from armarius.endpoint_config.doctor.nodes import NoNode, heard_of, slurm_options
from armarius.endpoint_config.doctor.people import not_as_root
from armarius.endpoint_config.profile import Profile

THEME = "scheduler"


def answers(context: Context) -> Iterator[Check]:
    """Asks Slurm whether it is there."""
    if context.profile.scheduler == "local":
        return
    command = with_variables(context.profile.variables, ["sinfo", "--noheader", "--format=%P %D %T"])
    done = context.run(command, 30)
    if done.code or not done.out.strip():
        mend = "Run the endpoint where sinfo works; a setting such as SLURM_CONF goes into variables."
        yield problem(THEME, f"Slurm does not answer: {done.last_words}", mend)
    else:
        yield ok(THEME, f"Slurm answers, with {len(done.out.splitlines())} groups of nodes.")


@not_as_root(THEME)
def takes_every_shape(context: Context) -> Iterator[Check]:
    """Lets Slurm judge a job of each shape, for each project, with the longest walltime. No job is submitted."""
    profile = context.profile
    if profile.scheduler == "local":
        return
    longest = max((slurm_walltime(text, profile.start_allowance) for text in profile.walltimes), key=len_and_text)
    projects: list[str | None] = [*sorted(profile.projects)] or [None]
    for shape in profile.shapes:
        for project in projects:
            options = slurm_options(context, shape, project)
            command = ["sbatch", "--test-only", f"--time={longest}", *options, "--wrap=true"]
            done = context.run(with_variables(profile.variables, command), 30)
            asked = f"shape {shape.name}" + (f", project {project}" if project else "")
            if done.code:
                mend = f"Compare with sinfo and sacctmgr: {' '.join(options)}"
                yield problem(THEME, f"Slurm refuses {asked} for {longest}: {done.last_words}", mend)
            else:
                yield ok(THEME, f"Slurm would take {asked} for {longest}.")


def len_and_text(walltime: str) -> tuple[int, str]:
    """Sorts times such as "100:00:00" and "08:02:00"."""
    return len(walltime), walltime


@not_as_root(THEME)
def starts_a_job(context: Context) -> Iterator[Check]:
    """Starts a small job of each shape and looks around there."""
    for shape in context.profile.shapes:
        try:
            report = heard_of(context, shape).report
        except NoNode as error:
            yield warning(THEME, error.message, error.hint)
            continue
        if report.kraken:
            yield ok(THEME, f"{report.host} runs shape {shape.name}, with kraken {report.kraken}.")
        else:
            mend = "Both environments must be seen on the compute nodes, under the same paths."
            yield problem(THEME, f"kraken does not work on {report.host}: {report.trouble}", mend)


def fits_the_machine(context: Context) -> Iterator[Check]:
    """Adds up what may run at once on a machine without a scheduler."""
    profile = context.profile
    if profile.scheduler != "local":
        return
    cpus, memory = _at_once(profile)
    have_cpus, have_memory = psutil.cpu_count() or 1, psutil.virtual_memory().total
    told = f"At once, runs may take {cpus} CPUs of {have_cpus} and {memory >> 30} GiB of {have_memory >> 30}."
    if cpus > have_cpus or memory > have_memory:
        mend = "Lower cpus, memory or workers of the shapes: nothing else keeps them apart."
        yield warning(THEME, told, mend)
    else:
        yield ok(THEME, told)


def _at_once(profile: Profile) -> tuple[int, int]:
    cpus = sum(shape.slots * shape.cpus for shape in profile.shapes)
    return cpus, sum(shape.slots * int(shape.memory) for shape in profile.shapes)
