"""A driver's desk with several fake sites."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from armarius.client.config import LocalSiteConfig
from armarius.client.jobs.desk import Desk, SiteLink
from armarius.client.journal import JobRow, RunRow
from armarius.client.testing import FakeSite, FakeStaging
from armarius.functions.contracts import CheckpointRef, QueueReport, WaitEstimate
from support.desk import SHA, SMALL, WEIGHTS, Bench

STATE = b"the state of a training"


class Several(Bench):
    """A bench with sites by name, each a site file's words; the order is that of the configuration."""

    def __init__(self, folder: Path, **sites: dict[str, Any]) -> None:
        super().__init__(folder)
        self.configs: dict[str, LocalSiteConfig] = {}
        self.fakes: dict[str, FakeSite] = {}
        self.stagings: dict[str, FakeStaging] = {}
        for name, words in sites.items():
            self.add(name, **words)

    def add(self, name: str, **words: Any) -> FakeSite:
        given = {"root": self.folder / name, "kraken_python": Path("python"), "shapes": (SMALL,), **words}
        self.configs[name] = LocalSiteConfig(name=name, **given)
        site = self.fakes.setdefault(name, FakeSite())
        staging = self.stagings.setdefault(name, FakeStaging(site))
        staging.content |= {SHA: WEIGHTS, hashlib.sha256(STATE).hexdigest(): STATE}
        return site

    def desk(self, name: str = "one") -> Desk:
        links = {site: SiteLink(config, self.fakes[site], self.stagings[site]) for site, config in self.configs.items()}
        return self.desk_with(links, name)

    def at(self, job: JobRow) -> str:
        """The site of a job's newest run."""
        return last(job).site


def last(job: JobRow) -> RunRow:
    assert job.run is not None
    return job.run


def checkpoint(run_id: str = "job1-1", step: int = 50, epoch: int = 1) -> CheckpointRef:
    """A checkpoint whose content fake stagings bring."""
    return CheckpointRef(
        run_id=run_id, sha256=hashlib.sha256(STATE).hexdigest(), size=len(STATE), epoch=epoch, step=step
    )


def queue(seconds: float | None, shape: str = "small", walltime: str = "8h", free: int = 0) -> QueueReport:
    """What a scheduler says of one shape."""
    wait = WaitEstimate(shape=shape, walltime=walltime, seconds=seconds)
    return QueueReport(free={shape: free}, waits=(wait,))


@contextmanager
def several(folder: Path, **sites: dict[str, Any]) -> Iterator[Several]:
    made = Several(folder, **sites)
    try:
        yield made
    finally:
        made.journal.close()
