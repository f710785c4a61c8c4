from armarius.endpoint_config.doctor import Verdict
from armarius.endpoint_config.doctor.node import MARK
from armarius.endpoint_config.errors import NotReached
from unit.endpoint_config.doctor.admitted import Admit
from unit.endpoint_config.sites import LOCAL


def test_collection_that_shows_the_root(admit: Admit) -> None:
    well = admit()
    assert well.grave("collection") == []
    assert not list(well.machine.root.glob(f"{MARK}*"))


def test_collection_that_shows_something_else(admit: Admit) -> None:
    sick = admit(LOCAL, {"names": lambda collection, path: ["other"]})
    (told,) = sick.grave("collection")
    assert told.startswith("problem: /armarius of collection")
    assert not list(sick.machine.root.glob(f"{MARK}*"))


def test_collection_without_a_login(admit: Admit) -> None:
    def names(collection: str, path: str) -> list[str]:
        raise NotReached("Nobody is signed in to Globus.", "Sign in with: armarius login")

    (check,) = admit(LOCAL, {"names": names}).examine("collection")
    assert (check.verdict, check.mend) == (Verdict.WARNING, "Sign in with: armarius login")
