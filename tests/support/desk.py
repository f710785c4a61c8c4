"""A driver's desk with one fake site, and a job on it."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from armarius.client.config import AccountRules, DataRules, LocalSiteConfig
from armarius.client.jobs.advance import advance
from armarius.client.jobs.desk import Desk, SiteLink
from armarius.client.jobs.request import JobKind, JobRequest
from armarius.client.jobs.state import JobState
from armarius.client.journal import JobRow, Journal
from armarius.client.pages import PackedDataset, pack
from armarius.client.testing import FakeClock, FakeSite, FakeStaging
from armarius.functions.contracts import ModelFile, Shape
from support.pages import write_pairs

GIB = 2**30
SMALL = Shape(name="small", cpus=2, memory=4 * GIB)
LARGE = Shape(name="large", cpus=4, memory=16 * GIB)
WEIGHTS = b"the weights"
SHA = hashlib.sha256(WEIGHTS).hexdigest()
MODEL = ModelFile(sha256=SHA, size=len(WEIGHTS), path="models/best.safetensors", format="safetensors")


class Bench:
    """Everything a test of jobs needs."""

    def __init__(self, folder: Path, *, shapes: tuple[Shape, ...] = (SMALL,), walltimes: tuple[str, ...] = ()) -> None:
        self.folder = folder
        self.clock = FakeClock()
        self.site = FakeSite()
        self.staging = FakeStaging(self.site)
        self.staging.content[SHA] = WEIGHTS
        self.journal = Journal(f"sqlite:///{folder / 'journal.sqlite'}")
        self.config = LocalSiteConfig(
            name="alpha", root=folder / "site", kraken_python=Path("python"), shapes=shapes, walltimes=walltimes
        )
        self.accounts = AccountRules()
        self.data_rules = DataRules()
        self.packed: PackedDataset = pack(write_pairs(folder / "pages", 3))
        self.packed.save(folder / "dataset")

    def desk(self, name: str = "one") -> Desk:
        """The desk of a driver on another machine, whose life and death cannot be seen from here."""
        link = SiteLink(self.config, self.site, self.staging)
        return self.desk_with({"alpha": link}, name)

    def desk_with(self, links: dict[str, SiteLink], name: str) -> Desk:
        owner = f"elsewhere|{name}|1"
        return Desk(self.journal, links, self.clock, owner, self.accounts, data_rules=self.data_rules)

    def until(self, state: JobState, job_id: str = "job1", most: int = 12) -> JobRow:
        """Advances a job until it is in a state; says where it got stuck otherwise."""
        seen = []
        for _ in range(most):
            job = step(self.desk(), job_id)
            seen.append(job.state.value)
            if job.state is state:
                return job
        raise AssertionError(f"never {state.value}: {seen}; {job.error}")

    def create(self, job_id: str = "job1", **fields: Any) -> str:
        output = self.folder / "results"
        output.mkdir(exist_ok=True)
        request = JobRequest(
            **{
                "kind": JobKind.TRAIN,
                "name": "model",
                "dataset": self.packed.id,
                "dataset_dir": self.folder / "dataset",
                "output": output,
                **fields,
            }
        )
        self.journal.create(job_id, request, self.clock.now())
        return job_id


def step(desk: Desk, job_id: str) -> JobRow:
    """What a driver does in a round: it takes a job further, and tells its sites what they may delete."""
    job = advance(desk, job_id)
    desk.release_all()
    return job


@contextmanager
def bench(folder: Path, **options: Any) -> Iterator[Bench]:
    made = Bench(folder, **options)
    try:
        yield made
    finally:
        made.journal.close()
