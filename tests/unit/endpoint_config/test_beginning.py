import sys
from itertools import pairwise
from pathlib import Path
from uuid import UUID

import pytest

from armarius.client.config import seconds_of
from armarius.endpoint_config import BadFolder, BadProfile, Profile, read_profile, render
from armarius.endpoint_config.beginning import KINDS, Known, begin
from armarius.endpoint_config.identity import ServiceAccount
from unit.endpoint_config.sites import COLLECTION

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

KNOWN = Known(
    root=Path("/scratch/armarius"),
    environment=Path("/opt/endpoint"),
    kraken_python=Path("/opt/kraken/bin/python"),
    collection=UUID(COLLECTION),
)


def filled(path: Path) -> Profile:
    """Fills in what is still marked, as an operator would: each with a word that fits there."""
    text = path.read_text()
    for place, word in (("memory = ", "8GiB"), ("interface = ", "ib0"), ("account = ", "armarius")):
        text = text.replace(f'{place}"FILL-IN"', f'{place}"{word}"')
    path.write_text(text.replace("FILL-IN", "filled"))
    return read_profile(path)


@pytest.mark.parametrize("kind", KINDS)
def test_a_fresh_profile_says_what_is_still_to_fill_in(tmp_path: Path, kind: str) -> None:
    path = begin(kind, tmp_path)
    assert path == tmp_path / f"{kind}.toml"
    with pytest.raises(BadProfile, match=r"still says FILL-IN at: .*data\.collection"):
        read_profile(path)


@pytest.mark.parametrize("kind", KINDS)
def test_filled_in_it_can_be_rendered(tmp_path: Path, kind: str) -> None:
    profile = filled(begin(kind, tmp_path, KNOWN))
    assert (profile.name, profile.root, profile.data.root) == (kind, "/scratch/armarius", "/scratch/armarius")
    render(profile, tmp_path / kind)


@pytest.mark.parametrize("kind", KINDS)
def test_facts_about_a_real_site_have_a_source(kind: str) -> None:
    import armarius.endpoint_config.beginning as beginning

    text = (Path(beginning.__file__).parent / "profiles" / f"{kind}.toml").read_text()
    tomllib.loads(text.replace("@cpus@", "1"))
    about_others = kind in ("mig-server", "university", "princeton", "jean-zay")
    assert about_others == ("https://" in text or "http://" in text)


@pytest.mark.parametrize("kind", KINDS)
def test_no_walltime_is_more_than_half_as_long_again_as_the_one_before(tmp_path: Path, kind: str) -> None:
    """So a job that was foretold well is asked for with less than twice what it takes."""
    ladder = [seconds_of(text) for text in filled(begin(kind, tmp_path, KNOWN)).walltimes]
    assert all(shorter < longer <= 1.5 * shorter for shorter, longer in pairwise(ladder))


def test_the_server_of_cremma(tmp_path: Path) -> None:
    """Ten slices of 5 GB and two of 10 GB."""
    profile = filled(begin("mig-server", tmp_path, KNOWN))
    assert [(shape.slots, shape.gpu_memory) for shape in profile.shapes] == [(10, 5 * 10**9), (2, 10**10)]


def test_a_laptop_with_all_said_needs_nothing_filled_in(tmp_path: Path) -> None:
    profile = read_profile(begin("laptop", tmp_path, KNOWN))
    assert profile.shapes[0].cpus >= 1
    assert profile.shapes[0].memory > 1 << 20


def test_an_identity_need_not_say_that_it_is_the_service_account(tmp_path: Path) -> None:
    path = begin("laptop", tmp_path, KNOWN)
    path.write_text(path.read_text() + '\n[identity]\naccount = "armarius"\n')
    assert read_profile(path).identity == ServiceAccount(account="armarius")


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    begin("slurm", tmp_path)
    with pytest.raises(BadFolder, match="is there already"):
        begin("slurm", tmp_path)
    assert begin("slurm", tmp_path, Known(name="other")).name == "other.toml"
