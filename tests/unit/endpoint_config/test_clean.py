"""Cleaning a site, on trees of small files with the times that the test says."""

import json
import os
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from armarius.client.cli import main
from armarius.endpoint_config import cli
from armarius.endpoint_config.clean import Item, Kind, delete
from armarius.endpoint_config.clean_names import compiled_names
from armarius.endpoint_config.clean_site import Cleaned, NotAsRoot, clean
from armarius.endpoint_config.doctor.commands import Finished
from armarius.functions.claim import Claim, Claims
from armarius.functions.contracts import (
    Blob,
    CheckpointRef,
    Line,
    Manifest,
    Page,
    PageImage,
    RunSpec,
    Split,
    Task,
)
from armarius.functions.errors import EngineMissing
from armarius.functions.rundir import RunDir
from armarius.functions.site import Site
from unit.endpoint_config.sites import LOCAL, MAPPED, site

DAY = 86_400
NOW = time.time()
OLD, YOUNG = NOW - 100 * DAY, NOW - 10 * DAY
LIMIT = NOW - 90 * DAY


def sha(number: int) -> str:
    return f"{number:064x}"


def aged(path: Path, when: float) -> None:
    for each in (path, *path.rglob("*")):
        os.utime(each, (NOW, when))  # read just now: that does not count


class Tree:
    """A site of small files."""

    def __init__(self, root: Path) -> None:
        self.site = Site(root)
        for name in ("blobs", "compiled", "runs", "inbox"):
            (root / name).mkdir(parents=True)

    def blob(self, digest: str, content: bytes = b"12345", when: float = OLD) -> str:
        path = self.site.blob(digest)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        aged(path, when)
        return digest

    def dataset(self, *images: int) -> str:
        """Stages a manifest with its images and compiles it, long ago."""
        line = Line(id="l", baseline=((0, 0), (1, 0)), text="a")
        pages = tuple(
            Page(
                name=str(number),
                image=PageImage(sha256=self.blob(sha(number)), size=5, width=1, height=1, format="PNG"),
                split=Split.TRAIN,
                lines=(line,),
            )
            for number in images
        )
        manifest = Manifest(pages=pages)
        digest = self.blob(manifest.digest(), manifest.canonical_json())
        place = self.site.compiled(f"key-{digest}")
        place.mkdir()
        (place / "train.arrow").write_bytes(b"lines")
        aged(place, OLD)
        return digest

    def run(self, name: str, dataset: str, when: float, **more: Any) -> RunDir:
        run = self.site.run(name)
        run.write_spec(RunSpec(run_id=name, task=Task.TRAIN, dataset=dataset, **more))
        aged(run.path, when)
        return run

    def clean(self, *runs: str, dry_run: bool = False) -> Cleaned:
        return clean(site(LOCAL, root=str(self.site.root)), LIMIT, runs, dry_run=dry_run, runner=kraken)

    def left(self) -> set[str]:
        return {str(path.relative_to(self.site.root)) for path in self.site.root.glob("*/*")} - {"blobs/00"}

    def blobs(self) -> set[str]:
        return {path.name for path in self.site.root.glob("blobs/*/*")}


def kraken(command: list[str] | Any, seconds: float = 60) -> Finished:
    """Names a compiled dataset by its digest."""
    return Finished(0, json.dumps([f"key-{dataset}" for dataset in json.loads(command[-1])]), "")


@pytest.fixture
def tree(tmp_path: Path) -> Iterator[Tree]:
    yield Tree(tmp_path / "root")


def test_what_nobody_used_goes_and_its_bytes_are_told(tree: Tree) -> None:
    dataset = tree.dataset(1, 2)
    run = tree.run("old", dataset, OLD)
    sizes = {path: path.lstat().st_size for path in (run.spec_path, run.path)}
    cleaned = tree.clean()
    assert (tree.blobs(), list(tree.site.runs.iterdir()), list((tree.site.root / "compiled").iterdir())) == (
        set(),
        [],
        [],
    )
    assert cleaned.trouble == ()
    by_kind = {kind: [item for item in cleaned.items if item.kind is kind] for kind in Kind}
    assert [len(by_kind[kind]) for kind in (Kind.RUN, Kind.COMPILED, Kind.BLOB)] == [1, 1, 3]
    assert by_kind[Kind.RUN][0].size == sum(sizes.values())
    assert {item.size for item in by_kind[Kind.BLOB]} >= {5}


def test_a_dry_run_tells_the_same_and_deletes_nothing(tree: Tree) -> None:
    tree.run("old", tree.dataset(1), OLD)
    before = (tree.left(), tree.blobs())
    dry = tree.clean(dry_run=True)
    assert (tree.left(), tree.blobs()) == before
    assert tree.clean() == dry


def test_what_a_younger_run_names_is_kept(tree: Tree) -> None:
    tree.dataset(1, 2)
    dataset, model = tree.dataset(3, 4), tree.blob(sha(9))
    tree.run("young", dataset, YOUNG, model=Blob(sha256=model, size=5))
    tree.clean()
    assert tree.blobs() == {dataset, sha(3), sha(4), model}
    assert [path.name for path in (tree.site.root / "compiled").iterdir()] == [f"key-{dataset}"]


def test_one_young_file_makes_a_run_young(tree: Tree) -> None:
    run = tree.run("paused", tree.dataset(1), OLD)
    run.models.mkdir()
    aged(run.path, OLD)
    (run.models / "best").touch()
    os.utime(run.models, (OLD, OLD))
    assert tree.clean().items == ()


def test_a_run_that_is_locked_is_kept_with_its_pages_however_old(tree: Tree) -> None:
    dataset = tree.dataset(1)
    run = tree.run("long", dataset, OLD)
    lock = run.acquire()
    try:
        aged(run.path, OLD)
        assert tree.clean().items == ()
    finally:
        os.close(lock)
    assert {item.kind for item in tree.clean().items} == {Kind.RUN, Kind.COMPILED, Kind.BLOB}


def test_the_run_that_another_goes_on_from_is_kept(tree: Tree) -> None:
    dataset = tree.dataset(1)
    tree.run("first", dataset, OLD)
    tree.run("other", dataset, OLD)
    point = CheckpointRef(run_id="first", sha256=sha(7), size=1, epoch=1, step=1)
    tree.run("second", dataset, YOUNG, resume_from=point)
    assert [item.path for item in tree.clean().items] == ["runs/other"]


def test_young_blobs_are_kept_before_a_run_names_them(tree: Tree) -> None:
    tree.blob(sha(1), when=YOUNG)
    tree.blob(sha(2))
    tree.clean()
    assert tree.blobs() == {sha(1)}


def test_what_arrived_and_was_never_asked_for_goes(tree: Tree) -> None:
    for name, when in (("a.zip", OLD), ("b.zip", YOUNG)):
        (tree.site.root / "inbox" / name).touch()
        aged(tree.site.root / "inbox" / name, when)
    assert [item.path for item in tree.clean().items] == ["inbox/a.zip"]


def test_links_are_not_followed(tree: Tree, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / sha(5)).touch()
    aged(elsewhere, OLD)
    (tree.site.root / "blobs" / "aa").symlink_to(elsewhere)
    (tree.site.runs / "linked").symlink_to(elsewhere)
    assert tree.clean().items == ()
    assert (elsewhere / sha(5)).exists()


@pytest.mark.parametrize("which", ["spec", "manifest"])
def test_what_cannot_be_read_keeps_all_pages(tree: Tree, which: str) -> None:
    dataset = tree.dataset(1)
    run = tree.run("young", dataset, YOUNG)
    path = run.spec_path if which == "spec" else tree.site.blob(dataset)
    path.write_bytes(b"{}")
    tree.run("old", dataset, OLD)
    cleaned = tree.clean()
    assert [item.path for item in cleaned.items] == ["runs/old"]
    assert ("young" if which == "spec" else dataset) in cleaned.trouble[0]


def test_a_persons_pages_at_once(tree: Tree) -> None:
    theirs, others = tree.dataset(1, 2), tree.dataset(2, 3)
    tree.run("theirs", theirs, NOW)
    tree.run("others", others, OLD)
    cleaned = tree.clean("theirs")
    assert tree.blobs() == {others, sha(2), sha(3)}, "a page that two show is still used"
    assert {item.path for item in cleaned.items if item.kind is not Kind.BLOB} == {
        "runs/theirs",
        f"compiled/key-{theirs}",
    }
    assert tree.site.run("others").path.is_dir()


def test_a_run_that_is_computed_is_not_removed_at_once(tree: Tree) -> None:
    run = tree.run("busy", tree.dataset(1), NOW)
    lock = run.acquire()
    try:
        cleaned = tree.clean("busy")
    finally:
        os.close(lock)
    assert (cleaned.items, len(cleaned.trouble)) == ((), 1)
    assert "cancel it first" in cleaned.trouble[0]


def test_a_run_that_another_machine_computes_is_not_removed_though_its_lock_is_free(tree: Tree) -> None:
    """As on a file system whose locks end at the border of a machine."""
    dataset = tree.dataset(1)
    run = tree.run("far", dataset, OLD)
    claim = Claim(number=1, process=7, host="another-machine", since=NOW)
    Claims(run.path).path(1).write_bytes(claim.canonical_json())
    run.beat()
    cleaned = tree.clean("far")
    assert (cleaned.items, len(cleaned.trouble)) == ((), 1)
    delete(tree.site, Item(kind=Kind.RUN, path="runs/far", size=1))
    assert run.path.is_dir(), "nor if it began between the look and the deletion"
    run.report_path.write_bytes(b"{}")
    assert [item.path for item in tree.clean("far").items if item.kind is Kind.RUN] == ["runs/far"], "it has ended"


def test_a_run_that_is_not_there_is_told(tree: Tree) -> None:
    assert tree.clean("nosuch") == Cleaned(items=(), trouble=("There is no run 'nosuch' here.",))


def test_a_kraken_that_does_not_answer_deletes_nothing(tree: Tree) -> None:
    tree.run("young", tree.dataset(1), YOUNG)
    tree.run("old", tree.dataset(2), OLD)
    before = (tree.left(), tree.blobs())
    with pytest.raises(EngineMissing, match="does not tell"):
        clean(site(LOCAL, root=str(tree.site.root)), LIMIT, runner=lambda command, seconds=60: Finished(127, "", "no"))
    assert (tree.left(), tree.blobs()) == before


def test_nothing_is_asked_where_nothing_is_kept() -> None:
    assert compiled_names(lambda command, seconds=60: pytest.fail("asked"), Path("python"), ()) == frozenset()


def test_a_site_that_was_never_used(tmp_path: Path) -> None:
    assert clean(site(LOCAL, root=str(tmp_path / "none")), LIMIT) == Cleaned(items=(), trouble=())


def test_a_run_that_waits_keeps_its_pages_however_old(tree: Tree) -> None:
    dataset = tree.dataset(1)
    tree.site.run("waiting").hold([dataset, sha(1)])
    os.utime(tree.site.run("waiting").needs_path, (YOUNG, NOW - 5 * DAY))
    os.utime(tree.site.run("waiting").path, (OLD, OLD))
    cleaned = clean(site(LOCAL, root=str(tree.site.root)), NOW - 1 * DAY, runner=kraken)
    assert tree.blobs() == {dataset, sha(1)}
    assert [item.kind for item in cleaned.items] == [Kind.COMPILED], "it is made anew from them"


def test_beyond_the_limit_the_least_recently_used_goes_whatever_its_age(tree: Tree) -> None:
    tree.blob(sha(1), b"1" * 700_000, when=NOW - 3 * DAY)
    tree.blob(sha(2), b"2" * 700_000, when=NOW - 2 * DAY)
    limited = site(LOCAL, root=str(tree.site.root), cache="1MiB")
    dry = clean(limited, LIMIT, dry_run=True, runner=kraken)
    assert tree.blobs() == {sha(1), sha(2)}
    assert clean(limited, LIMIT, runner=kraken) == dry
    assert [(item.kind, item.path[-1]) for item in dry.items] == [(Kind.BLOB, "1")]
    assert tree.blobs() == {sha(2)}
    tree.blob(sha(1), b"1" * 700_000)
    tree.site.run("waiting").hold([sha(1), sha(2)])
    cleaned = clean(limited, LIMIT, runner=kraken)
    assert (cleaned.items, cleaned.trouble) == (
        (),
        ("1,400,000 bytes are kept, of 1,048,576 that are allowed: runs need them all.",),
    )


def test_root_cleans_for_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with pytest.raises(NotAsRoot, match="runuser -l"):
        clean(site(MAPPED), LIMIT)


def test_the_command(tree: Tree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree.run("old", tree.dataset(1), OLD)
    profile = tmp_path / "profile.toml"
    profile.touch()
    monkeypatch.setattr(cli, "read_profile", lambda path: site(LOCAL, root=str(tree.site.root)))
    monkeypatch.setattr(cli, "clean", partial(clean, runner=kraken))
    command = ["endpoint", "clean", str(profile)]
    longer = CliRunner().invoke(main, [*command, "--older-than", "200d", "--dry-run"])
    assert (longer.exit_code, longer.stdout) == (0, "Would delete 0 things, 0 bytes.\n")
    dry = CliRunner().invoke(main, [*command, "--dry-run"])
    assert dry.stdout.splitlines()[0].split()[::2] == ["run", "runs/old"]
    done = CliRunner().invoke(main, [*command, "--json"])
    assert len(Cleaned.model_validate_json(done.stdout).items) == 4
    assert tree.blobs() == set()
    assert CliRunner().invoke(main, [*command, "--older-than", "soon"]).exit_code != 0
