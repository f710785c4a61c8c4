import pytest

from armarius.client.errors import ConfigurationError
from armarius.client.escriptorium.record.sealing import KEYS_VARIABLE, CannotOpen, Seal, new_key

SECRET = {"funcx_service": {"refresh_token": "very-secret"}}


def test_sealed_for_one_user() -> None:
    seal = Seal([new_key()])
    sealed = seal.close(17, SECRET)
    assert "very-secret" not in sealed
    assert seal.open(17, sealed) == SECRET
    with pytest.raises(CannotOpen, match="another user's"):
        seal.open(18, sealed)
    with pytest.raises(CannotOpen, match="cannot be decrypted"):
        seal.open(17, sealed[:-8] + "AAAAAAA=")


def test_rotation(monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = new_key(), new_key()
    sealed = Seal([old]).close(17, SECRET)
    monkeypatch.setenv(KEYS_VARIABLE, f"{new}, {old}")
    both = Seal.from_environment()
    assert both.open(17, sealed) == SECRET
    renewed = both.renew(sealed)
    assert Seal([new]).open(17, renewed) == SECRET
    with pytest.raises(CannotOpen):
        Seal([new]).renew(sealed)


@pytest.mark.parametrize("given", ["", "  ", "no-key-at-all", "54nzkb-B1KPTgwIKZ7_si8eV32P9KTC02CdUU0uO"])
def test_bad_keys_are_not_shown(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv(KEYS_VARIABLE, given)
    with pytest.raises(ConfigurationError, match="new-key") as error:
        Seal.from_environment()
    assert not given.strip() or given not in str(error.value)
