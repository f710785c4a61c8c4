"""A pool with a fake site that does pages, one part at a time whenever its driver rests."""

from armarius.client.config import PoolConfig
from armarius.client.pages import PackedDataset
from armarius.client.pool import Pool
from armarius.client.testing import do_pages
from armarius.functions.contracts import Outcome, RunState, Usage
from support.desk import Bench


def config(made: Bench) -> PoolConfig:
    return PoolConfig(journal="unused", home=made.folder / "home", sites=(made.config,))


def reads(made: Bench, *, outcome: Outcome = Outcome.FINISHED) -> None:
    """Lets the bench's site do what it was given each time that its driver rests; half a part, then the rest."""

    def wait(_seconds: float) -> None:
        for job in made.journal.jobs(unfinished_only=True):
            for row in job.runs:
                run = made.site.runs.get(row.id)
                if run is None or run.state is RunState.ENDED:
                    continue
                manifest = PackedDataset.load(job.request.dataset_dir).manifest
                half = range(len(manifest.pages) // 2 if outcome is Outcome.FINISHED else 0)
                if run.state is RunState.UNKNOWN:
                    do_pages(made.site, made.staging, row.id, manifest, only=half, at=made.clock.now())
                    continue
                if outcome is Outcome.FINISHED:
                    do_pages(made.site, made.staging, row.id, manifest, at=made.clock.now())
                made.site.end(row.id, outcome, usage=Usage(seconds=20, setup_seconds=10))
        made.clock.pass_(10)

    made.site.wait = wait


def reading_pool(made: Bench) -> Pool:
    """A pool as a process has it."""
    return Pool(config(made), made.desk())
