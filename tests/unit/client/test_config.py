from pathlib import Path

import pytest
from sqlalchemy import make_url

from armarius.client.config import HOME_VARIABLE, local_config, read_config, seconds_of
from armarius.client.errors import ConfigurationError

SITE = """
root = "/scratch/armarius"
kraken_python = "/opt/kraken/bin/python"
walltimes = ["8h", "30m"]
[[shapes]]
name = "cpu4"
cpus = 4
memory = 8000000000
"""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    return tmp_path


def write(home: Path, text: str, name: str = "alpha") -> Path:
    path = home / "config" / "sites" / f"{name}.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_without_site_files_the_pool_is_this_machine(home: Path) -> None:
    config = read_config()
    assert config == local_config()
    assert [site.name for site in config.sites] == ["local"]
    assert config.journal == f"sqlite:///{home}/journal.sqlite"


def test_a_site_is_called_as_its_file(home: Path) -> None:
    write(home, SITE)
    site = read_config().site("alpha")
    assert site.ladder() == (1800.0, 28800.0)
    assert site.shapes[0].cpus == 4


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("root = ", "cannot be read"),
        (SITE.replace("cpus = 4", "cpus = 0"), "shapes.0.cpus"),
        (SITE.replace("8h", "eight hours"), "eight hours"),
        (SITE + "\nsurprise = 1", "surprise"),
        ('root = "/x"', "shapes"),
    ],
)
def test_a_site_file_that_cannot_be_used_is_named_with_the_place(home: Path, text: str, what: str) -> None:
    path = write(home, text)
    with pytest.raises(ConfigurationError, match=what) as caught:
        read_config()
    assert str(path) in str(caught.value) or "length of time" in str(caught.value)


def test_who_and_what_a_site_takes_stands_in_its_file(home: Path) -> None:
    write(home, 'tags = ["eu", "own"]\nusers = ["anna@uni.example"]\nlimit = 8\npatience = "30m"\n' + SITE)
    (site,) = read_config().sites
    assert (site.tags, site.users, site.projects) == (("eu", "own"), ("anna@uni.example",), ())
    assert (site.limit, site.patience) == (8, "30m")


def test_two_sites_of_one_name_are_refused(home: Path) -> None:
    write(home, SITE)
    write(home, 'name = "alpha"\n' + SITE, name="beta")
    with pytest.raises(ConfigurationError, match="two sites are called alpha"):
        read_config()


def test_a_root_may_be_relative_to_its_file(home: Path) -> None:
    path = write(home, SITE.replace("/scratch/armarius", "here"))
    assert read_config().site("alpha").root == path.parent / "here"


def test_a_home_with_odd_characters_is_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    odd = tmp_path / "my home? 100% #1"
    monkeypatch.setenv(HOME_VARIABLE, str(odd))
    assert make_url(local_config().journal).database == f"{odd}/journal.sqlite"


def test_an_unknown_site_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(ConfigurationError, match="Known are: local"):
        local_config().site("beta")


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("30m", 1800), ("8h", 28800), ("2d", 172800)])
def test_lengths_of_time(text: str, seconds: float) -> None:
    assert seconds_of(text) == seconds


POOL = """
institution = "EPHE"

[[allowances]]
user = "*"
gpu_hours = 20
per = "week"

[[allowances]]
project = "poilus"
gpu_hours = 500
jobs = 4

[fair_share]
half_life = "14d"
gpu_weight = 8
shares = { anna = 2 }
"""


def pool_file(home: Path, text: str) -> Path:
    path = home / "config" / "pool.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("site", ["", f"limit = 3\n{SITE}"])
def test_who_may_use_how_much_stands_in_pool_toml_with_sites_or_without(home: Path, site: str) -> None:
    if site:
        write(home, site)
    pool_file(home, POOL)
    config = read_config()
    assert config.institution == "EPHE"
    assert [(each.whose, each.who, each.gpu_hours, each.jobs, each.per) for each in config.accounts.allowances] == [
        ("user", "*", 20, None, "week"),
        ("project", "poilus", 500, 4, None),
    ]
    assert config.accounts.fair_share.half_life_seconds == 14 * 86_400
    assert (config.fair_share.share("anna"), config.fair_share.share("ben")) == (2, 1)
    assert config.sites[0].limit == (3 if site else None)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("[[allowances]]\njobs = 3", "allowances.0: .*whose is it"),
        ('[[allowances]]\nuser = "anna"', "allowances.0: .*of what"),
        ('[[allowances]]\nuser = "anna"\ngpu_hours = 3\nper = "day"', "allowances.0.per"),
        ('[fair_share]\nhalf_life = "10m"', "fair_share: .*at least 1h"),
        ("[fair_share.shares]\nanna = 0", "fair_share.shares.anna"),
        ('institution = "a\\nb"', "institution"),
    ],
)
def test_an_allowance_that_cannot_be_used_is_named_with_its_place(home: Path, text: str, what: str) -> None:
    path = pool_file(home, text)
    with pytest.raises(ConfigurationError, match=what) as caught:
        read_config()
    assert str(path) in str(caught.value)
