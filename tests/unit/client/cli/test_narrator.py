from dataclasses import replace
from pathlib import Path

from armarius.client.cli.narrator import Narrator
from armarius.client.cli.pagenews import PageNews, pages_in_brief
from armarius.client.foresight import end_of
from armarius.client.job import Job
from armarius.client.jobs.state import JobState
from armarius.client.journal import TransferRow
from armarius.client.pageresults import PagesTold, ResultPage
from armarius.client.pool import Pool
from armarius.functions.contracts import Outcome, PageFault, PageResult, Phase, Progress, Reason
from support.desk import Bench

from .conftest import LINES


def news(narrator: Narrator, job: Job) -> list[str]:
    """Returns what is new, without the time of day."""
    return [line.partition("  ")[2] for line in narrator.news(job.status())]


def driven(job: Job, made: Bench, *lines: Progress) -> None:
    """Brings a job to the site, and lets the site say these lines."""
    while not made.site.runs:
        job._pool.driver.look(job.id)
    made.site.begin(f"{job.id}-1", *lines)
    job._pool.driver.look(job.id)


def test_each_event_once(job: Job, made: Bench) -> None:
    narrator = Narrator(job)
    assert [line.split()[0] for line in news(narrator, job)] == ["packed"]
    assert news(narrator, job) == []
    job._pool.driver.look(job.id)
    (line,) = news(narrator, job)
    assert line.startswith("placed       calibrate on alpha: shape small, no end")


def test_each_epoch_once_with_its_figures(job: Job, made: Bench) -> None:
    narrator = Narrator(job)
    driven(job, made, *LINES[:2])
    assert news(narrator, job)[0] == ("epoch   1   accuracy  12.5 %   loss 120.50   7.2 lines/s   " + end_of(LINES[1]))
    assert narrator.latest == LINES[1]
    driven(job, made, LINES[2])
    assert news(narrator, job) == ["epoch   2   accuracy  50.0 %   loss 60.25   " + end_of(LINES[2])]
    assert news(narrator, job) == []


def test_a_segmentation_has_words_of_its_own(pool: Pool, made: Bench) -> None:
    job = pool.segtrain([made.folder / "pages"], output=made.folder / "out")
    narrator = Narrator(job)
    slow, fast = (
        Progress(at=n, phase=Phase.TRAINING, epoch=n, ends_epoch=True, accuracy=0.25, pages_per_second=speed)
        for n, speed in ((1, 0.05), (2, 2.5))
    )
    driven(job, made, slow, fast)
    assert news(narrator, job)[:2] == [
        "epoch   1   mean IU  25.0 %   3.0 pages/min",
        "epoch   2   mean IU  25.0 %   2.5 pages/s",
    ]


def test_a_line_within_an_epoch_is_only_remembered(job: Job, made: Bench) -> None:
    narrator = Narrator(job)
    driven(job, made)
    news(narrator, job)
    driven(job, made, LINES[0])
    assert news(narrator, job) == []
    assert narrator.latest == LINES[0]


def test_an_epoch_of_which_little_is_known(job: Job, made: Bench) -> None:
    narrator = Narrator(job)
    driven(job, made, Progress(at=0, phase=Phase.CALIBRATING, epoch=1, ends_epoch=True))
    assert news(narrator, job)[0] == "epoch   1   accuracy       –"


def test_trouble_is_told_when_it_changes(job: Job) -> None:
    narrator = Narrator(job)
    row = job.status()
    list(narrator.news(row))
    told = [list(narrator.news(row, trouble)) for trouble in ("", "No answer.", "No answer.", "", "No answer.")]
    assert told == [[], ["No answer. It is tried again."], [], [], ["No answer. It is tried again."]]


def test_who_looks_later_hears_it_all_in_order_of_time(job: Job, made: Bench) -> None:
    driven(job, made)
    made.clock.pass_(100)
    now = made.clock.now()
    driven(job, made, *(line.model_copy(update={"at": now + line.at}) for line in LINES))
    made.clock.pass_(100)
    made.site.end(f"{job.id}-1", Outcome.FAILED, Reason.DISK_FULL, message="No room.")
    while job._pool.driver.look(job.id).state is not JobState.FAILED:
        pass
    told = [line.split()[0] for line in news(Narrator(job), job)]
    assert told == ["packed", "placed", "staging", "calibrating", "training", "epoch", "epoch", "failed"]


def test_bytes_are_told_now_and_then(job: Job) -> None:
    narrator = Narrator(job)
    row = job.status()
    list(narrator.news(row))
    told = []
    # An hour's transfer in looks two seconds apart: fast at first, then trickling.
    for look in range(1800):
        moved = min(look * 10_000_000, 500_000_000) + look * 20_000
        transfer = TransferRow(name="a", moved=moved, total=1_000_000_000, message="", shown=1000.0 + 2 * look)
        told += list(narrator.news(row, transfer=transfer))
    assert told[0].endswith("packed       100.2 MB of 1.0 GB, 10.0 %")
    assert 5 + 100 < len(told) < 5 + 125


def test_what_holds_a_transfer_up_is_told_when_it_changes(job: Job) -> None:
    narrator = Narrator(job)
    row = job.status()
    list(narrator.news(row))
    told = []
    for name, moved, message in [("a", 0, ""), ("a", 0, "Paused."), ("a", 0, "Paused."), ("a", 5, ""), ("a", 10, ""),
                                 ("a", 10, "Paused."), ("b", 0, "Paused."), ("b", 3, "")]:  # fmt: skip
        transfer = TransferRow(name=name, moved=moved, total=10 if name == "a" else 0, message=message, shown=0.0)
        told += [line.partition("packed")[2].strip() for line in narrator.news(row, transfer=transfer)]
    assert told == ["Paused.", "5 B of 10 B, 50.0 %", "10 B of 10 B, 100.0 %", "Paused.", "Paused."]


def reading(number: int, whole: int = 40, at: float = 0.0, fault: PageFault | None = None) -> Progress:
    """What is told of a page."""
    page = PageResult(number=number - 1, page=f"f{number}", image="a" * 64, run_id="r", fault=fault, message="Blank.")
    return Progress(
        at=at,
        phase=Phase.READING,
        step=number,
        steps_per_epoch=whole,
        pages_per_second=0.1,
        seconds_left=600,
        page=page,
    )


def test_pages_are_told_now_and_then_and_each_that_is_left_out() -> None:
    news = PageNews()
    told = [text for number in range(1, 41) for text in news.news(reading(number, at=number))]
    assert [text.split("   ")[0] for text in told] == [f"{number} of 40 pages" for number in range(4, 41, 4)]
    assert told[0] == f"4 of 40 pages   6.0 pages/min   {end_of(reading(4, at=4))}"
    assert list(PageNews().news(reading(1, fault=PageFault.NO_LINES))) == ["left out     f1: Blank."]


def test_pages_that_take_long_are_told_every_half_minute() -> None:
    news = PageNews()
    told = [text for number in range(1, 5) for text in news.news(reading(number, 1000, at=16.0 * number))]
    assert [text.split("   ")[0] for text in told] == ["3 of 1\N{NARROW NO-BREAK SPACE}000 pages"]


def test_what_is_of_no_page_tells_nothing_of_pages() -> None:
    assert list(PageNews().news(Progress(at=0, phase=Phase.PREPARING, step=0, steps_per_epoch=40))) == []


def test_a_summary_names_ten_that_were_left_out() -> None:
    blank = ResultPage("f0", Path("f.png"), "a" * 64, fault=PageFault.NO_LINES, message="Blank.")
    pages = tuple(replace(blank, name=f"f{number}") for number in range(12))
    told = pages_in_brief(PagesTold(12, pages))
    assert told[0] == "None of 12 pages could be done: the reasons are below."
    assert told[1] == "left out f0: Blank."
    assert told[-1] == "… and 2 more pages left out, all in the report"
    assert len(told) == 12
