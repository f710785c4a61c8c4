"""Nothing that a person sends reaches a shell or a scheduler, tried on Globus Compute's own renderer.

The property: whatever is sent, either it is refused, or the configuration is one of a closed set, known beforehand.
"""

import json
import os
import subprocess
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from armarius.endpoint_config import Profile, render
from integration.endpoint_config.renderer import Refused, Renderer, renderer
from support.endpoint import PROGRAM, endpoint_python, why_no_endpoint
from unit.endpoint_config.sites import LOCAL, MAPPED, SLURM, site

pytestmark = pytest.mark.skipif(bool(why_no_endpoint()), reason=why_no_endpoint())

NASTY_LINE = "echo 'x' \"y\" {{ role }} {% endraw %} {# x #} `touch pwned` $(touch pwned) \\ ; # : - | é 😀"
BASES = {"local": LOCAL | {"setup": [NASTY_LINE]}, "slurm": SLURM | {"setup": [NASTY_LINE]}}


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Renderer]:
    with renderer(tmp_path_factory.mktemp("renderer")) as ready:
        yield ready


@pytest.fixture(scope="module", params=BASES)
def profile(request: pytest.FixtureRequest) -> Profile:
    return site(BASES[request.param])


@pytest.fixture(scope="module")
def folder(profile: Profile, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return render(profile, tmp_path_factory.mktemp("endpoint") / profile.name).folder.path


def offered(profile: Profile) -> list[dict[str, str]]:
    """Returns everything that may be asked for."""
    projects = [{"project": name} for name in profile.projects] or [{}]
    batches = [
        {"role": "batch", "shape": shape.name, "walltime": walltime} | project
        for shape, walltime, project in product(profile.shapes, profile.walltimes, projects)
    ]
    return [{"role": "control"}, *batches]


@pytest.fixture(scope="module")
def closed(real: Renderer, profile: Profile, folder: Path) -> set[str]:
    """The configurations that there can be."""
    found = {real.render(folder, asked) for asked in offered(profile)}
    assert len(found) == len(offered(profile))
    return found


def test_each_is_a_configuration_that_globus_compute_can_start(
    real: Renderer, profile: Profile, closed: set[str]
) -> None:
    found = [real.load(text) for text in closed]
    assert {each["engine"] for each in found} == {"ThreadPoolEngine", "GlobusComputeEngine"}
    provider = "LocalProvider" if profile.scheduler == "local" else "SlurmProvider"
    assert {each["provider"] for each in found} == {None, provider}
    assert all(each["serializers"] == ["JSONData", "OwnSource"] for each in found)


def test_the_operators_own_line_reaches_the_script_as_it_is(real: Renderer, profile: Profile, folder: Path) -> None:
    loaded = real.load(real.render(folder, offered(profile)[1]))
    assert set(profile.setup) <= set(loaded["script"].splitlines())


NASTY = [
    "cpu4\nengine: null",
    'cpu4"',
    "cpu4'",
    "$(touch pwned)",
    "`touch pwned`",
    "; touch pwned",
    "cpu4 && touch pwned",
    "{{ 7 * 7 }}",
    "{% include 'config.yaml' %}",
    "{{ env }}",
    "!!python/object/apply:os.system ['touch pwned']",
    "cpu4\u2028#SBATCH --wrap=x",
    "cpu4\u0085x",
    "cpu4\rx",
    "cpu4\x00",
    "cpu4 ",
    " cpu4",
    "CPU4",
    "ｃｐｕ４",
    "control",
    "batch",
    "gpu",
    "../../etc/passwd",
    "#SBATCH --wrap=x",
    "null",
    "true",
    "*id001",
    "&a cpu4",
    "",
    "__class__",
    "items",
    '"cpu4"',
    "x" * 100_000,
]
WORDS = ["role", "shape", "walltime", "project"]
OTHERS = [
    "worker_init",
    "endpoint_setup",
    "engine",
    "SITE",
    "ROLE",
    "env",
    "_GC",
    "parent_config",
    "__proto__",
    "",
    "role ",
]


def outcome(real: Renderer, folder: Path, asked: Any, closed: set[str]) -> str:
    """Returns "refused", or "known" for one of the closed set; anything else fails."""
    try:
        text = real.render(folder, asked)
    except Refused:
        return "refused"
    assert text in closed
    return "known"


@pytest.mark.parametrize("value", [*NASTY, 0, 1, 1.5, True, False, None, [], ["cpu4"], {}, {"a": "cpu4"}, {"cpu4": 1}])
@pytest.mark.parametrize("word", WORDS)
def test_a_bad_value_in_place_of_a_good_one(
    real: Renderer, profile: Profile, folder: Path, closed: set[str], word: str, value: Any
) -> None:
    for asked in offered(profile):
        said = asked | {word: value}
        assert outcome(real, folder, said, closed) == ("known" if said in offered(profile) else "refused")


@pytest.mark.parametrize("name", OTHERS)
def test_a_fifth_word_is_refused(real: Renderer, profile: Profile, folder: Path, closed: set[str], name: str) -> None:
    for asked in offered(profile):
        assert outcome(real, folder, asked | {name: "touch pwned"}, closed) == "refused"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
KNOWN_WORDS = ["control", "batch", "mig-5g", "cpu2", "cpu4", "gpu", "30m", "8h", "htr", "fondue", "abc"]
VALUE = st.sampled_from(KNOWN_WORDS) | st.sampled_from(NASTY[:-1]) | JSON
ASKED = st.fixed_dictionaries({}, optional=dict.fromkeys(WORDS, VALUE)) | st.dictionaries(
    st.sampled_from([*WORDS, *OTHERS]) | st.text(), VALUE, max_size=6
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(asked=ASKED)
def test_whatever_is_sent(
    real: Renderer, profile: Profile, folder: Path, closed: set[str], asked: dict[str, Any]
) -> None:
    assert outcome(real, folder, asked, closed) == ("known" if asked in offered(profile) else "refused")


@pytest.fixture(scope="module")
def unguarded(profile: Profile, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An endpoint that has lost its schema: the template alone must hold."""
    folder = render(profile, tmp_path_factory.mktemp("unguarded") / profile.name).folder.path
    (folder / "user_config_schema.json").unlink()
    return folder


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(asked=ASKED)
def test_whatever_is_sent_and_without_the_schema(
    real: Renderer, profile: Profile, unguarded: Path, closed: set[str], asked: dict[str, Any]
) -> None:
    outcome(real, unguarded, asked, closed)


def test_the_reason_names_what_is_offered(real: Renderer, profile: Profile, folder: Path) -> None:
    with pytest.raises(Refused, match="'huge' is not one of"):
        real.render(folder, offered(profile)[1] | {"shape": "huge"})
    with pytest.raises(Refused, match="'walltime' is a required property"):
        real.render(folder, {name: word for name, word in offered(profile)[1].items() if name != "walltime"})


def test_the_commandline_of_globus_compute_agrees(
    profile: Profile, folder: Path, closed: set[str], tmp_path: Path
) -> None:
    options = tmp_path / "options.json"

    def run(asked: dict[str, Any]) -> subprocess.CompletedProcess[str]:
        options.write_text(json.dumps(asked))
        command = [endpoint_python().parent / PROGRAM, "render-user-config", "-e", folder.name, "-o", options]
        environment = {**os.environ, "GLOBUS_COMPUTE_USER_DIR": str(folder.parent)}
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)

    good = run(offered(profile)[1])
    assert good.returncode == 0, good.stderr
    assert yaml.safe_load(good.stdout) in [yaml.safe_load(text) for text in closed]
    bad = run(offered(profile)[1] | {"shape": "$(touch pwned)"})
    assert bad.returncode != 0
    assert "is not one of" in bad.stderr
    assert not list(Path().glob("pwned"))


@pytest.mark.parametrize("base", [LOCAL, SLURM])
def test_the_endpoints_own_configuration_is_one(real: Renderer, tmp_path: Path, base: dict[str, Any]) -> None:
    profile = site(base, title="Ünïcode: 'quoted' \"title\" # {{ x }}")
    found = real.core(render(profile, tmp_path / profile.name).folder.path)
    assert found == {"kind": "CoreEndpointConfig", "allowed": [], "name": profile.title}


def test_identities_are_mapped_as_written_and_no_others(real: Renderer, tmp_path: Path) -> None:
    profile = site(MAPPED)
    folder = render(profile, tmp_path / profile.name).folder
    assert real.core(folder.path)["kind"] == "CoreEndpointConfig"

    def accounts(username: str) -> list[str]:
        identity = {"id": "d371d253-e587-5422-be83-92bd772b33f8", "status": "used", "username": username}
        found = real.map_identity(folder.mapping, identity)
        return [name for each in found for names in each.values() for name in names]

    assert "jo" in accounts("jo.(x)@uni.example")
    assert accounts("ann@uni.example") == ["ann"]
    assert accounts("ann@uniXexample") == []
    assert accounts("ann@uni.example.evil.example") == []
    assert accounts("jo.yx@uni.example") == ["jo.yx"]
