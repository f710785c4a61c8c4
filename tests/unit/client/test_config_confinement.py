"""Whose data goes only to some sites, as ``pool.toml`` says it."""

from pathlib import Path

import pytest

from armarius.client.accounts.names import Account
from armarius.client.config import HOME_VARIABLE, PoolConfig, read_config
from armarius.client.errors import ConfigurationError
from armarius.client.jobs.request import DataPolicy
from armarius.client.jobs.state import JobState
from armarius.client.pool import Pool
from support.desk import Bench

POOL = """
[projects.fondue]
only_tags = ["eu"]
[users.anna]
only_tags = ["own"]
[institutions.EPHE]
only_tags = ["eu", "own"]
"""


def read(home: Path, monkeypatch: pytest.MonkeyPatch, text: str = POOL) -> PoolConfig:
    monkeypatch.setenv(HOME_VARIABLE, str(home))
    (home / "config").mkdir(exist_ok=True)
    (home / "config" / "pool.toml").write_text(text)
    return read_config()


def test_projects_users_and_institutions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rules = read(tmp_path, monkeypatch).data_rules
    assert rules.tags_for(Account("bert", "fondue")) == {"eu"}
    assert rules.tags_for(Account("anna", "fondue", "ENC")) == {"eu", "own"}
    assert list(rules.asked_by(Account("", "", "EPHE"))) == [("the institution EPHE", ("eu", "own"))]
    assert rules.tags_for(Account("bert", "poilus"), ("fondue",)) == {"eu"}
    assert rules.tags_for(Account()) == frozenset()


def test_capitals_open_no_door(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert read(tmp_path, monkeypatch).data_rules.tags_for(Account("", "FONDUE")) == {"eu"}


@pytest.mark.parametrize("wrong", ["only_tags = []", 'only_tags = ["E U"]', 'tags = ["eu"]', ""])
def test_what_confines_nothing_is_no_rule(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: str) -> None:
    with pytest.raises(ConfigurationError, match=r"pool.toml: projects.fondue"):
        read(tmp_path, monkeypatch, f"[projects.fondue]\n{wrong}\n")


def pool(made: Bench, text: str, monkeypatch: pytest.MonkeyPatch) -> Pool:
    monkeypatch.chdir(made.folder)  # where results go that nobody has a place for
    config = read(made.folder, monkeypatch, text).model_copy(update={"sites": (made.config,)})
    made.data_rules = config.data_rules
    return Pool(config, made.desk())


def test_what_is_asked_today_is_fixed_in_the_job(made: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    made.config = made.config.model_copy(update={"tags": ("eu", "own")})
    job = pool(made, POOL, monkeypatch).train(
        [made.folder / "pages"], project="fondue", user="anna", policy=DataPolicy(sites=("alpha",))
    )
    assert job.status().request.policy == DataPolicy(tags=("eu", "own"), sites=("alpha",))


def test_a_tag_that_no_site_bears_is_told_at_once(made: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigurationError, match="No site bears the tag 'eu'"):
        pool(made, POOL, monkeypatch).train([made.folder / "pages"], project="fondue", user="bert")


def test_what_is_asked_later_counts_too_and_says_who_asks(made: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    job = pool(made, "", monkeypatch).train([made.folder / "pages"], project="fondue", user="bert")
    stricter = pool(made, POOL, monkeypatch)
    row = stricter.driver.look(job.id)
    assert row.state is JobState.WAITING
    assert "alpha lacks what the project fondue asks for: eu" in row.events[-1].message
