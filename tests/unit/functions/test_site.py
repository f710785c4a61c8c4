from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from armarius.functions.contracts import CheckpointRef
from armarius.functions.errors import DamagedFile, MissingData
from armarius.functions.files import write_bytes
from armarius.functions.site import ROOT_VARIABLE, Site


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def test_comes_back_from_its_environment(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in site.environment().items():
        monkeypatch.setenv(name, value)
    assert Site.from_environment() == site
    for name, value in replace(site, cache=5).environment().items():
        monkeypatch.setenv(name, value)
    assert Site.from_environment().cache == 5


def test_without_a_root_there_is_no_site(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ROOT_VARIABLE, raising=False)
    with pytest.raises(MissingData, match=ROOT_VARIABLE):
        Site.from_environment()


def test_names_what_was_not_staged(site: Site) -> None:
    with pytest.raises(MissingData, match="page 3"):
        site.require("0" * 64, "The image of page 3")


def test_a_manifest_must_be_what_its_name_says(site: Site) -> None:
    write_bytes(site.blob("0" * 64), b"{}")
    with pytest.raises(DamagedFile, match="The manifest is damaged"):
        site.manifest("0" * 64)
    assert not site.blob("0" * 64).exists(), "so that it can be staged again"


def test_a_damaged_file_that_cannot_be_deleted_is_still_found_out(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    write_bytes(site.blob("0" * 64), b"other")

    def refuses(_: Path) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "unlink", refuses)
    with pytest.raises(DamagedFile, match="The image of page 3"):
        site.verified("0" * 64, "The image of page 3")


def test_a_whole_file_is_given_out(site: Site) -> None:
    digest = sha256(b"page").hexdigest()
    site.blob(digest).parent.mkdir(parents=True)
    site.blob(digest).write_bytes(b"page")
    assert site.verified(digest, "The page") == site.blob(digest)


def reference(site: Site, content: bytes) -> CheckpointRef:
    run = site.run("a-1")
    write_bytes(run.checkpoints / "fresh", content)
    return run.record_checkpoint(run.checkpoints / "fresh", epoch=1, step=5)


def test_finds_a_checkpoint_in_the_run_that_wrote_it(site: Site) -> None:
    wanted = reference(site, b"pickle")
    assert site.checkpoint(wanted).read_bytes() == b"pickle"


def test_never_gives_out_a_checkpoint_with_another_digest(site: Site) -> None:
    wanted = reference(site, b"pickle")
    site.run("a-1").checkpoint_path(5).write_bytes(b"evil!!")
    with pytest.raises(MissingData, match="step 5"):
        site.checkpoint(wanted)


def test_never_gives_out_a_checkpoint_that_a_client_staged(site: Site) -> None:
    wanted = reference(site, b"pickle").model_copy(update={"run_id": "b-1"})
    write_bytes(site.blob(wanted.sha256), b"pickle")
    with pytest.raises(MissingData):
        site.checkpoint(wanted)


def test_never_gives_out_a_checkpoint_that_no_run_put_on_record(site: Site) -> None:
    wanted = reference(site, b"pickle")
    site.run("a-1").checkpoint_path(5).with_suffix(".json").unlink()
    with pytest.raises(MissingData):
        site.checkpoint(wanted)
