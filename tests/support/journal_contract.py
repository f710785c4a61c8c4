"""What any journal must do, wherever it is kept."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from armarius.client.errors import JobNotFound, JournalTooNew, LeaseLost
from armarius.client.jobs.request import DataPolicy
from armarius.client.jobs.state import JobState
from armarius.client.journal import Drain, Journal, TransferStage
from armarius.client.journal.tables import SCHEMA_VERSION
from armarius.client.journal.witnesses import Happening, Moved
from armarius.client.ports import TransferState, TransferView
from armarius.functions.contracts import Phase, Progress, RunSpec, Task
from support.jobs import SHAPE, request, train_report

SPEC = RunSpec(run_id="job1-1", task=Task.CALIBRATE, dataset="0" * 64)
ADDED = ("transfer", "site", "decision", "speed", "carried", "home_checkpoint", "given_up", "drain")
"""The tables that version 1 had not."""

STRANGE = "Ligne ſ n̄ 🖋 \u202eשלום\u202c \"'\\ {}[] \x85 \x00"
"""What a page, a path or a log can hold."""


def open_run(journal: Journal) -> None:
    journal.open_run(
        "job1", "me", 2.0, site="alpha", spec=SPEC, shape=SHAPE, walltime=None, number=1, message="on alpha"
    )


class JournalContract:
    """The tests of a journal. A module that derives a class from this has a fixture ``url``: an empty database."""

    @pytest.fixture
    def journal(self, url: str) -> Iterator[Journal]:
        opened = Journal(url)
        yield opened
        opened.close()

    @pytest.fixture
    def leased(self, journal: Journal) -> Journal:
        journal.create("job1", request(), now=1.0)
        assert journal.claim("job1", "me", now=1.0, seconds=60)
        return journal

    def test_what_was_written_is_there_after_it_was_closed(self, url: str) -> None:
        first = Journal(url)
        first.create("job1", request(), now=1.25, message="3 pages")
        first.close()
        second = Journal(url)
        job = second.job("job1")
        assert (job.state, job.request, job.created) == (JobState.PACKED, request(), 1.25)
        assert [(event.at, event.state, event.message) for event in job.events] == [(1.25, JobState.PACKED, "3 pages")]
        second.close()

    def test_a_policy_becomes_stricter_whoever_drives_the_job_and_never_looser(self, leased: Journal) -> None:
        told: list[Happening] = []
        leased.witnesses.add(told.append)
        leased.confine("job1", ("eu",), 5.0)
        leased.confine("job1", ("own",), 6.0)
        leased.give_to_pool("job1", "me", 7.0, "without an account")
        assert [each.message for each in told if isinstance(each, Moved)][1:] == [
            "From now on its data goes only to sites that bear: eu, own.",
            "without an account",
        ]
        job = leased.job("job1")
        assert job.request == request(policy=DataPolicy(tags=("eu", "own")))
        assert job.events[-2].message == "From now on its data goes only to sites that bear: eu, own."

    def test_a_site_is_drained_and_taken_back(self, url: str, journal: Journal) -> None:
        other = Journal(url)
        drain = Drain("alpha", "anna", 1.0, 10.0, 20.0, empties=True)
        journal.drains.drain(Drain("alpha", "bert", 1.0, 1.0))
        journal.drains.drain(drain)
        assert other.drains.all() == {"alpha": drain}
        assert [other.drains.drained(at) for at in (9.0, 10.0, 20.0)] == [frozenset(), {"alpha"}, frozenset()]
        assert [other.drains.undrain("alpha"), journal.drains.undrain("alpha")] == [True, False]
        assert journal.drains.all() == {}
        other.close()

    def test_a_later_journal_is_left_alone(self, url: str) -> None:
        Journal(url).close()
        engine = create_engine(url)
        with engine.begin() as connection:
            connection.execute(text("UPDATE armarius_schema SET version = 99"))
        engine.dispose()
        with pytest.raises(JournalTooNew, match="99"):
            Journal(url)

    def test_a_journal_of_version_1_is_opened_and_goes_on(self, url: str) -> None:
        first = Journal(url)
        first.create("job1", request(), now=1.0)
        first.close()
        engine = create_engine(url)
        with engine.begin() as connection:
            for table in ADDED:  # all that later versions added
                connection.execute(text(f"DROP TABLE {table}"))
            connection.execute(text("UPDATE armarius_schema SET version = 1"))
        second = Journal(url)
        assert second.job("job1").request == request()
        second.transfers.begin("job1-1-in", 1.0)
        second.close()
        with engine.connect() as connection:
            assert connection.execute(text("SELECT version FROM armarius_schema")).all() == [(SCHEMA_VERSION,)]
        engine.dispose()

    def test_a_job_is_found_by_the_beginning_of_its_id(self, journal: Journal) -> None:
        for job_id in ("abc1", "abd2", "abc12"):
            journal.create(job_id, request(), now=1.0)
        assert journal.job("abd").id == "abd2"
        assert journal.job("abc1").id == "abc1"
        for unclear in ("ab", "zz", "", "%", "_bd2"):
            with pytest.raises(JobNotFound):
                journal.job(unclear)

    def test_much_of_it_is_read_at_once(self, leased: Journal) -> None:
        def line(epoch: int, ends: bool, left: float | None) -> Progress:
            return Progress(at=epoch, phase=Phase.TRAINING, epoch=epoch, ends_epoch=ends, seconds_left=left)

        open_run(leased)
        told = [line(0, False, None), line(1, True, 50), line(1, False, None), line(2, True, 40), line(2, False, None)]
        leased.heard("job1", "me", SPEC.run_id, told, 400, None)
        leased.create("job2", request(), now=2.0)
        leased.create("job3", request(), now=3.0)
        leased.claim("job2", "me", now=3.0, seconds=60)
        leased.move("job2", "me", JobState.CANCELLED, 3.0)
        glance = leased.glance
        assert {name: len(job.events) for name, job in glance.jobs(["job1", "job3", "job9"]).items()} == {
            "job1": 2,
            "job3": 1,
        }
        epochs = glance.epochs(["job1", "job2"])
        assert {job: [each.epoch for each in lines] for job, lines in epochs.items()} == {"job1": [1, 2], "job2": []}
        assert [each.seconds_left for each in glance.foretold([SPEC.run_id, "none"]).values()] == [40]
        first, number = glance.unfinished(1)
        assert ([job.id for job in first], number) == (["job1"], 2)
        assert (glance.jobs([]), glance.epochs([]), glance.foretold([])) == ({}, {}, {})

    def test_one_lease_at_a_time(self, journal: Journal) -> None:
        journal.create("job1", request(), now=0.0)
        assert journal.claim("job1", "one", now=0.0, seconds=60)
        assert journal.claim("job1", "one", now=50.0, seconds=60)
        assert not journal.claim("job1", "two", now=109.0, seconds=60)
        assert journal.claim("job1", "two", now=111.0, seconds=60)
        journal.give_back("job1", "one")
        assert not journal.claim("job1", "three", now=112.0, seconds=60)
        journal.give_back("job1", "two")
        assert journal.claim("job1", "three", now=112.0, seconds=60)

    def test_the_lease_of_the_dead_need_not_run_out(self, journal: Journal) -> None:
        journal.create("job1", request(), now=0.0)
        assert journal.claim("job1", "dead", now=0.0, seconds=60)
        assert not journal.claim("job1", "two", now=1.0, seconds=60, instead_of="somebody else")
        assert journal.claim("job1", "two", now=1.0, seconds=60, instead_of="dead")
        journal.give_back("job1", "dead")
        assert not journal.claim("job1", "three", now=2.0, seconds=60)

    def test_a_driver_that_lost_its_lease_changes_nothing(self, leased: Journal) -> None:
        open_run(leased)
        assert leased.claim("job1", "other", now=100.0, seconds=60)
        with pytest.raises(LeaseLost):
            leased.move("job1", "me", JobState.DONE, 101.0)
        with pytest.raises(LeaseLost):
            leased.heard("job1", "me", SPEC.run_id, [Progress(at=0, phase=Phase.TRAINING)], 10, None)
        assert leased.job("job1").state is JobState.PLACED
        assert leased.progress("job1") == []

    def test_progress_is_kept_in_order_and_read_from_where_one_stopped(self, leased: Journal) -> None:
        open_run(leased)
        lines = [Progress(at=step, phase=Phase.TRAINING, step=step) for step in range(4)]
        leased.heard("job1", "me", SPEC.run_id, lines[:2], 200, None)
        leased.heard("job1", "me", SPEC.run_id, lines[2:], 390, None)
        lines.append(Progress(at=4, phase=Phase.WRITING))
        leased.heard("job1", "me", SPEC.run_id, lines[4:], 400, {"outcome": "finished"})
        read = leased.progress("job1")
        assert [line for _, line in read] == lines
        assert [line.step for _, line in leased.progress("job1", after=read[1][0])] == [2, 3, 0]
        run = leased.job("job1").runs[0]
        assert (run.position, run.step, run.report_json) == (400, 3, {"outcome": "finished"})

    def test_handing_over_is_counted_until_there_is_progress(self, leased: Journal) -> None:
        open_run(leased)
        for number in (1, 2):
            leased.submitting("job1", "me", SPEC.run_id, 3.0)
            assert leased.job("job1").runs[0].reference is None
            leased.submitted("job1", "me", SPEC.run_id, f"task-{number}")
        assert leased.job("job1").runs[0].submissions == 2
        leased.heard("job1", "me", SPEC.run_id, [Progress(at=0, phase=Phase.TRAINING, step=1)], 10, None)
        assert leased.job("job1").runs[0].submissions == 1

    def test_a_long_training_with_large_numbers(self, leased: Journal) -> None:
        open_run(leased)
        line = Progress(at=1.76e9 + 0.123456, phase=Phase.TRAINING, step=2**31 - 1, memory=2**40)
        leased.heard("job1", "me", SPEC.run_id, [line], 2**31 - 1, None)
        assert [line for _, line in leased.progress("job1")] == [line]
        assert leased.job("job1").runs[0].position == 2**31 - 1

    def test_reports_come_back_as_they_were(self, leased: Journal) -> None:
        open_run(leased)
        report = train_report(message=STRANGE)
        leased.heard("job1", "me", SPEC.run_id, [], 0, report.model_dump(mode="json"))
        run = leased.job("job1").runs[0]
        assert run.report_json == report.model_dump(mode="json")
        assert (run.spec, run.shape, run.walltime) == (SPEC, SHAPE, None)

    def test_names_and_paths_come_back_as_they_were(self, journal: Journal) -> None:
        wish = request(name="Lettres d’été: “ſ” 🖋", output=Path("/home/Łukasz/ä ö/\"'"))
        journal.create("job1", wish, now=0.0, message="ſ 🖋")
        assert journal.job("job1").request == wish
        assert journal.job("job1").events[0].message == "ſ 🖋"

    def test_a_failure_with_any_character_can_be_written_down(self, leased: Journal) -> None:
        leased.move("job1", "me", JobState.FAILED, 2.0, error=STRANGE)
        job = leased.job("job1")
        assert job.state is JobState.FAILED
        assert "Ligne ſ n̄ 🖋" in job.error

    def test_a_transfer_of_many_bytes_with_any_message(self, journal: Journal) -> None:
        log = journal.transfers
        row = log.begin("job1-1-in", 1.0)
        log.show(row.name, TransferView(TransferState.ACTIVE, 3 * 10**12, 4 * 10**12, message=STRANGE), 2.0)
        log.note(row, 3.0, stage_name=TransferStage.FAILED.value, error=STRANGE, items_json={"way": "in"})
        with pytest.raises(LeaseLost):
            log.note(row, 3.0, task_id="late")
        found = log.read(row.name)
        assert found is not None
        assert (found.moved, found.total, found.items_json) == (3 * 10**12, 4 * 10**12, {"way": "in"})
        assert found.error == found.message == STRANGE.replace("\0", "\N{SYMBOL FOR NULL}")
        assert log.begin(row.name, 4.0).attempt == 2

    def test_lists_what_is_not_finished(self, leased: Journal) -> None:
        leased.create("job2", request(), now=5.0)
        leased.move("job1", "me", JobState.DONE, 6.0)
        assert [job.id for job in leased.jobs()] == ["job1", "job2"]
        assert [job.id for job in leased.jobs(unfinished_only=True)] == ["job2"]
