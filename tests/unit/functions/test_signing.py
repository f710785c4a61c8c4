import json
import stat
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from armarius.functions.contracts import CheckpointRef
from armarius.functions.errors import MissingData, NoKey
from armarius.functions.files import sha256_of, write_bytes
from armarius.functions.signing import KEY_VARIABLE, SignedCheckpoint, genuine, key_path, make_key, sign
from armarius.functions.site import Site

REFERENCE = CheckpointRef(run_id="a-1", sha256="0" * 64, size=3, epoch=1, step=5)


@pytest.fixture
def key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "state" / "key"
    monkeypatch.setenv(KEY_VARIABLE, str(path))
    return path


def test_the_key_is_made_once_and_for_the_account_alone(key: Path) -> None:
    first = make_key()
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert [path.name for path in key.parent.iterdir()] == ["key"]
    assert make_key() == first == key.read_bytes()


def test_many_at_once_get_the_same_key(key: Path) -> None:
    made: list[bytes] = []
    threads = [threading.Thread(target=lambda: made.append(make_key())) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 12
    assert set(made) == {key.read_bytes()}


def test_without_a_name_it_is_in_the_state_of_the_account(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(KEY_VARIABLE)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert key_path() == tmp_path / "armarius" / "checkpoints.key"


def test_the_operator_may_name_it_from_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_VARIABLE, "~/keys/armarius")
    assert key_path() == Path.home() / "keys" / "armarius"


def test_its_processes_learn_where_it_is(key: Path, tmp_path: Path) -> None:
    assert Site(tmp_path).environment()[KEY_VARIABLE] == str(key)


def test_a_key_that_is_too_short_is_refused_and_proves_nothing(key: Path) -> None:
    record = sign(REFERENCE).canonical_json()
    key.write_bytes(b"")
    with pytest.raises(NoKey, match="fewer than 32 bytes"):
        sign(REFERENCE)
    assert genuine(record) is None


def test_a_key_that_cannot_be_made_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv(KEY_VARIABLE, str(tmp_path / "file" / "key"))
    with pytest.raises(NoKey, match=KEY_VARIABLE):
        make_key()
    assert genuine(b"{}") is None


def test_what_was_signed_is_known_again(key: Path) -> None:
    assert genuine(sign(REFERENCE).canonical_json()) == REFERENCE


def test_looking_makes_no_key(key: Path) -> None:
    record = SignedCheckpoint(reference=REFERENCE, signature="0" * 64)
    assert genuine(record.canonical_json()) is None
    assert not key.exists()


CHANGES = {"run_id": "b-1", "sha256": "1" * 64, "size": 4, "epoch": 2, "step": 6}


@pytest.mark.parametrize("change", CHANGES.items(), ids=CHANGES.keys())
def test_a_signature_stands_for_every_field(key: Path, change: tuple[str, object]) -> None:
    record = json.loads(sign(REFERENCE).canonical_json())
    record["reference"].update([change])
    assert genuine(json.dumps(record).encode()) is None


@pytest.mark.parametrize("signature", ["", "0" * 64, "ſ" * 64])
def test_no_other_signature_is_taken(key: Path, signature: str) -> None:
    make_key()
    assert genuine(SignedCheckpoint(reference=REFERENCE, signature=signature).canonical_json()) is None


@given(st.binary(max_size=200))
def test_no_text_makes_it_fail(text: bytes) -> None:
    assert genuine(text) is None


def plant(site: Site, record: bytes) -> CheckpointRef:
    """Puts a checkpoint where a run would, as whoever may write into the root can."""
    run = site.run("x-1")
    write_bytes(run.checkpoint_path(5), b"a pickle that calls home")
    digest = sha256_of(run.checkpoint_path(5))
    wanted = REFERENCE.model_copy(update={"run_id": "x-1", "sha256": digest, "size": 24})
    write_bytes(run.checkpoint_path(5).with_suffix(".json"), record or wanted.canonical_json())
    return wanted


def refused(site: Site, wanted: CheckpointRef) -> bool:
    assert site.run("x-1").newest_checkpoint() is None, "nor is it told to a client"
    with pytest.raises(MissingData, match="no signature"):
        site.checkpoint(wanted)
    return True


def test_a_planted_checkpoint_is_not_given_out(key: Path, tmp_path: Path) -> None:
    """So was every record before checkpoints were signed."""
    site = Site(tmp_path / "site")
    assert refused(site, plant(site, b""))


def test_a_checkpoint_signed_with_another_key_is_not_given_out(key: Path, tmp_path: Path) -> None:
    site = Site(tmp_path / "site")
    wanted = plant(site, b"")
    foreign = sign(wanted).canonical_json()
    key.unlink()
    make_key()
    assert refused(site, plant(site, foreign))


def test_the_record_of_another_checkpoint_does_not_serve(key: Path, tmp_path: Path) -> None:
    site = Site(tmp_path / "site")
    run = site.run("a-1")
    write_bytes(run.checkpoints / "fresh", b"honest")
    run.record_checkpoint(run.checkpoints / "fresh", epoch=1, step=5)
    assert refused(site, plant(site, run.checkpoint_path(5).with_suffix(".json").read_bytes()))
