import pytest
from pydantic import ValidationError

from cloud.faults import Answer, CorruptCopy, Drop, FaultBook, LoseResult, Pause
from cloud.store import Store


@pytest.fixture
def book(store: Store) -> FaultBook:
    return FaultBook(store)


def test_happens_so_often(book: FaultBook) -> None:
    book.add(Answer(status=502, method="POST", path="/v3/endpoints/*/submit", times=2))
    asked = ("POST", "/v3/endpoints/abc/submit")
    assert book.take(Answer, "GET", asked[1], when="before") is None
    assert book.take(Answer, *asked, when="after") is None
    assert [book.take(Answer, *asked, when="before") is not None for _ in range(3)] == [True, True, False]
    assert book.tell() == []


def test_happens_until_it_is_removed(book: FaultBook) -> None:
    fault = book.add(CorruptCopy(path="*.jpg", times=None))
    assert all(book.take(CorruptCopy, "/a.jpg") for _ in range(5))
    assert book.take(CorruptCopy, "/a.txt") is None
    assert [told["remaining"] for told in book.tell()] == [None]
    book.remove(fault)
    assert book.take(CorruptCopy, "/a.jpg") is None


def test_first_ordered_happens_first(book: FaultBook) -> None:
    book.add(LoseResult(function="f"))
    book.add(LoseResult())
    assert book.take(LoseResult, "g") == LoseResult()
    assert book.take(LoseResult, "f") == LoseResult(function="f")


def test_standing_is_left(book: FaultBook) -> None:
    book.add(Pause(task="t", message="later"))
    assert book.standing(Pause, "t") == book.standing(Pause, "t") == Pause(task="t", message="later")
    assert book.standing(Pause, "u") is None


def test_removing_all(book: FaultBook) -> None:
    book.add(Drop())
    book.add(LoseResult())
    book.remove()
    assert book.tell() == []


@pytest.mark.parametrize("wrong", [{"status": 200}, {"status": 502, "times": 0}, {"status": 502, "pathh": "/"}])
def test_mistakes_are_found(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Answer.model_validate(wrong)
