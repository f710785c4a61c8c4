"""Every line that Slurm is sent is made of the operator's closed choices, for all profiles and all that is asked for.

Profiles and requests are drawn by lot; Globus Compute's own renderer and Parsl's own provider write the script.
"""

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from armarius.client.config import seconds_of
from armarius.endpoint_config import Profile, render
from integration.endpoint_config.renderer import Refused, Renderer, renderer
from support.endpoint import why_no_endpoint
from unit.endpoint_config.sites import SLURM, site

pytestmark = pytest.mark.skipif(bool(why_no_endpoint()), reason=why_no_endpoint())


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Renderer]:
    with renderer(tmp_path_factory.mktemp("renderer")) as ready:
        yield ready


NAME = st.from_regex(r"[a-z][a-z0-9_-]{0,11}", fullmatch=True)
WORD = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.:,@=+/-]{0,15}", fullmatch=True)
ACCOUNT = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.:,@+-]{0,15}", fullmatch=True)
FEATURES = st.from_regex(r"[A-Za-z0-9(\[!][A-Za-z0-9_.,&|()\[\]*!-]{0,15}", fullmatch=True)
WALLTIME = st.builds("{}{}".format, st.integers(1, 99), st.sampled_from("mhd"))
SLURM_OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "partition": WORD,
        "account": ACCOUNT,
        "qos": WORD,
        "constraint": FEATURES,
        "gres": WORD,
        "reservation": WORD,
        "licenses": WORD,
        "hint": st.sampled_from(["multithread", "nomultithread"]),
        "exclusive": st.booleans(),
        "ask_memory": st.booleans(),
    },
)
SHAPE = st.fixed_dictionaries(
    {"name": NAME, "cpus": st.integers(1, 4096), "memory": st.integers(1, 2048).map("{}GiB".format)},
    optional={"slurm": SLURM_OPTIONS},
)
PROFILE = st.fixed_dictionaries(
    {
        "shapes": st.lists(SHAPE, min_size=1, max_size=4, unique_by=lambda shape: shape["name"]),
        "walltimes": st.lists(WALLTIME, min_size=1, max_size=4, unique_by=seconds_of),
        "projects": st.dictionaries(NAME, WORD, max_size=3),
        "max_blocks": st.integers(1, 1000),
        "setup": st.lists(st.sampled_from(["module load x", "echo '#SBATCH --wrap=x'", "echo {{ role }}"]), max_size=2),
    }
).map(lambda changes: site(SLURM, **changes))


def asking(profile: Profile) -> st.SearchStrategy[dict[str, Any]]:
    """What somebody may send: mostly words that are known, and now and then anything."""

    def word(known: list[str]) -> st.SearchStrategy[Any]:
        return st.sampled_from(known) | st.sampled_from(["x\n#SBATCH --uid=0", "$(id)", "{{ env }}"]) | st.text()

    offered: dict[str, st.SearchStrategy[Any]] = {
        "role": st.just("batch"),
        "shape": word([shape.name for shape in profile.shapes]),
        "walltime": word(list(profile.walltimes)),
    }
    if profile.projects:
        offered["project"] = word(sorted(profile.projects))
    return st.fixed_dictionaries(offered)


def expected(profile: Profile, asked: dict[str, str]) -> list[str]:
    """Returns what Slurm must be told, worked out anew from the profile."""
    shape = next(shape for shape in profile.shapes if shape.name == asked["shape"])
    told = [f"cpus-per-task={shape.cpus}", "no-requeue", "nodes=1", "ntasks-per-node=1"]
    told += [f"mem={int(shape.memory) >> 20}M"] if shape.slurm.ask_memory else []
    told += ["exclusive"] if shape.slurm.exclusive else []
    for name in ("partition", "qos", "constraint", "gres", "reservation", "licenses", "hint"):
        told += [f"{name}={value}"] if (value := getattr(shape.slurm, name)) else []
    account = shape.slurm.account or (profile.projects[asked["project"]] if profile.projects else None)
    told += [f"account={account}"] if account else []
    minutes = int(seconds_of(asked["walltime"]) + seconds_of(profile.start_allowance)) // 60
    return sorted([*told, f"time={minutes}"])


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), profile=PROFILE)
def test_each_line_is_the_operators(
    real: Renderer, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, profile: Profile
) -> None:
    folder: Path = render(profile, tmp_path_factory.getbasetemp() / secrets.token_hex(8)).folder.path
    asked = data.draw(asking(profile))
    try:
        script = real.load(real.render(folder, asked))["sbatch"]
    except Refused:
        known = asked["shape"] in {shape.name for shape in profile.shapes} and asked["walltime"] in profile.walltimes
        assert not known or (profile.projects and asked["project"] not in profile.projects)
        return
    lines = [line for line in script.splitlines() if line.startswith("#SBATCH")]
    told = sorted(line.removeprefix("#SBATCH --") for line in lines)
    own = [each for each in told if each.partition("=")[0] in ("job-name", "output", "error")]
    assert len(own) == 3, "where Parsl keeps the job's files"
    assert [each for each in told if each not in own] == expected(profile, asked)
    assert all("parsl.name" in each for each in own)


def test_runs_are_computed_by_our_own_executor(real: Renderer, tmp_path: Path) -> None:
    profile = site(SLURM)
    folder = render(profile, tmp_path / profile.name).folder.path
    asked = {"role": "batch", "shape": "cpu4", "walltime": "8h", "project": "htr"}
    assert real.load(real.render(folder, asked))["executor"] == "RunExecutor"
