"""The crew with workers that do as a test says: programs without kraken."""

import queue
import sys
from pathlib import Path

import psutil
import pytest

from armarius.functions.contracts import PageFault, Reason
from armarius.functions.engine.pagework import crew as crew_module
from armarius.functions.engine.pagework.crew import Crew
from armarius.functions.engine.pagework.hand import Hand, Heard
from armarius.functions.engine.pagework.message import Answer
from armarius.functions.engine.pagework.sizing import FIRST_GUESS, Means
from armarius.functions.errors import EngineFault
from armarius.functions.rundir import RunDir

WORKER = """
import json, os, signal, sys, time
from pathlib import Path
FOLDER = Path({folder!r})

def say(**words):
    print(json.dumps(words), flush=True)

def before(number):
    "Tells whether the page was begun before, and notes that it is now."
    mark = FOLDER / f"begun-{{number}}"
    with mark.open("a") as stream:
        stream.write("x")
    return mark.stat().st_size > 1

(FOLDER / f"worker-{{os.getpid()}}").touch()
{first}
for line in sys.stdin:
    order = json.loads(line)
    number, again = order["number"], before(order["number"])
    told = dict(number=number, texts={{"text": f"page {{number}} by {{os.getpid()}}"}}, memory={memory})
    {behaviour}
    say(**told)
"""

PATIENCE = 30


class Bench:
    """A crew, and what its workers do."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.run = RunDir(folder / "runs", "job1-1")
        self.pause = False

    def crew(
        self,
        pages: list[int],
        behaviour: str = "pass",
        *,
        cpus: int = 1,
        memory: int = 64 * FIRST_GUESS,
        takes: int = 1000,
        first: str = "say()",
    ) -> Crew:
        program = self.folder / "worker.py"
        program.write_text(
            WORKER.format(folder=str(self.folder), behaviour=behaviour, first=first, memory=takes), encoding="utf-8"
        )

        def hire(heard: "queue.Queue[Heard]", number: int) -> Hand:
            return Hand(self.run, heard, command=(sys.executable, str(program)))

        return Crew(pages, Means(cpus, memory), hire, lambda: self.pause)

    def workers(self) -> list[int]:
        return [int(path.name.removeprefix("worker-")) for path in self.folder.glob("worker-*")]

    def begun(self, number: int) -> int:
        mark = self.folder / f"begun-{number}"
        return mark.stat().st_size if mark.exists() else 0


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def numbers(answers: list[Answer]) -> list[int | None]:
    return [answer.number for answer in answers]


def test_each_page_once_in_the_given_order_by_one_worker(bench: Bench) -> None:
    answers = list(bench.crew([4, 2, 9]).work())
    (worker,) = bench.workers()
    assert [answer.texts["text"] for answer in answers] == [f"page {number} by {worker}" for number in (4, 2, 9)]
    assert not psutil.pid_exists(worker), "nobody is left behind"


def test_cores_and_memory_say_how_many_work(bench: Bench) -> None:
    """A page is only answered when two are begun, so one worker alone would never end."""
    together = "while len(list(FOLDER.glob('begun-*'))) < 2: time.sleep(0.01)"
    answers = list(bench.crew([0, 1], together, cpus=3).work())
    assert sorted(numbers(answers)) == [0, 1]
    assert len(bench.workers()) == 2, "no more than there are pages"


def test_more_are_hired_once_it_is_known_how_little_one_takes(bench: Bench) -> None:
    """Memory for one by the first guess, for two as measured; from the second page on, two must be under way."""
    together = "while number and len(list(FOLDER.glob('begun-*'))) < 3: time.sleep(0.01)"
    crew = bench.crew([0, 1, 2], together, cpus=2, memory=FIRST_GUESS, takes=FIRST_GUESS // 4)
    assert sorted(numbers(list(crew.work()))) == [0, 1, 2]
    assert len(bench.workers()) == 2


def test_some_are_let_go_once_it_is_known_how_much_one_takes(bench: Bench) -> None:
    """The first that is free goes; whoever else is there does the rest alone."""
    crew = bench.crew([0, 1, 2, 3, 4], cpus=2, memory=3 * FIRST_GUESS, takes=2 * FIRST_GUESS)
    answers = list(crew.work())
    assert sorted(numbers(answers)) == [0, 1, 2, 3, 4]
    assert len(bench.workers()) == 2
    assert len({answer.texts["text"].split(" by ")[1] for answer in answers[1:]}) == 1


def test_what_is_wrong_with_the_machine_ends_the_run_and_is_no_fault_of_a_page(bench: Bench) -> None:
    crew = bench.crew([0, 1, 2], "number != 1 or told.update(reason='disk_full', message='No space.')")
    answers = []
    with pytest.raises(EngineFault, match=r"No space\.") as raised:
        answers.extend(crew.work())
    assert raised.value.reason is Reason.DISK_FULL
    assert bench.begun(1) == 1
    assert not any(map(psutil.pid_exists, bench.workers()))


@pytest.mark.parametrize("how", ["os._exit(3)", "os.kill(os.getpid(), signal.SIGKILL)"])
def test_a_page_that_kills_its_worker_twice_is_left_out_and_no_other(bench: Bench, how: str) -> None:
    answers = list(bench.crew([0, 1, 2, 3], f"number != 1 or {how}").work())
    assert numbers(answers) == [0, 2, 3, 1]
    assert [answer.fault for answer in answers] == [None, None, None, PageFault.CRASHED]
    assert ("SIGKILL" in answers[-1].message) is ("kill" in how)
    assert bench.begun(1) == 2


def test_a_page_whose_worker_dies_once_is_done(bench: Bench) -> None:
    answers = list(bench.crew([0, 1], "number or again or os._exit(1)").work())
    assert numbers(answers) == [1, 0]
    assert not any(answer.fault for answer in answers)


def test_a_page_for_which_memory_was_short_is_tried_once_more(bench: Bench) -> None:
    short = "told.update({} if again and number == 0 or number == 2 else dict(fault='out_of_memory'))"
    answers = list(bench.crew([0, 1, 2], short, cpus=2).work())
    faults = {answer.number: answer.fault for answer in answers}
    assert faults == {0: None, 1: PageFault.OUT_OF_MEMORY, 2: None}
    assert [bench.begun(number) for number in (0, 1, 2)] == [2, 2, 1]


def test_models_that_cannot_be_loaded_end_the_run(bench: Bench) -> None:
    crew = bench.crew([0], first="say(reason='bad_model', message='It is no model.')")
    with pytest.raises(EngineFault, match="no model") as caught:
        list(crew.work())
    assert caught.value.reason is Reason.BAD_MODEL
    assert not any(map(psutil.pid_exists, bench.workers()))


def test_workers_that_cannot_even_begin_end_the_run(bench: Bench) -> None:
    with pytest.raises(EngineFault, match="exit code 7") as caught:
        list(bench.crew([0], first="sys.exit(7)").work())
    assert caught.value.reason is Reason.ENGINE_DIED


def test_a_pause_lets_the_page_under_way_end_and_begins_no_other(bench: Bench) -> None:
    working = bench.crew([0, 1, 2]).work()
    assert next(working).number == 0
    bench.pause = True
    rest = numbers(list(working))
    assert rest in ([], [1])
    assert bench.begun(2) == 0


def test_a_pause_does_not_wait_for_ever(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crew_module, "PAUSE_SECONDS", 0.1)
    crew = bench.crew([0, 1], "number or time.sleep(3600)")
    bench.pause = False
    wishes = iter([False])

    def begun() -> bool:
        bench.pause = bench.begun(0) > 0 or next(wishes, False)
        return bench.pause

    crew._wanted_to_pause = begun
    assert list(crew.work()) == []
    assert not any(map(psutil.pid_exists, bench.workers()))


def test_a_page_that_takes_for_ever_is_left_out(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crew_module, "MOST_PAGE_SECONDS", 1.0)
    answers = list(bench.crew([0, 1], "number or time.sleep(3600)").work())
    assert [(answer.number, answer.fault) for answer in answers] == [(0, PageFault.TOO_SLOW), (1, None)]
    assert len(bench.workers()) == 2


def test_what_is_no_answer_is_the_end_of_a_worker(bench: Bench) -> None:
    answers = list(bench.crew([0], "print('{\"number\": tru', flush=True) or os._exit(0)").work())
    assert [(answer.number, answer.fault) for answer in answers] == [(0, PageFault.CRASHED)]
