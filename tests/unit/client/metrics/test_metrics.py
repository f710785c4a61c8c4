"""What Prometheus reads, over HTTP, of a pool that drives."""

import socket
from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from armarius.client.config import PoolConfig
from armarius.client.errors import ConfigurationError, JournalUnreachable
from armarius.client.jobs.people import People, PersonalLink, SiteLink
from armarius.client.jobs.state import JobState
from armarius.client.offering import HERE, METRICS_VARIABLE, host_and_port, offered
from armarius.client.pool import Pool
from armarius.functions.contracts import Outcome, Phase, Progress
from support.desk import MODEL, Bench


class Scraped:
    """A pool whose figures are read."""

    def __init__(self, pool: Pool, made: Bench, port: int) -> None:
        self.pool, self.made, self.port = pool, made, port

    @property
    def text(self) -> str:
        return requests.get(f"http://{HERE}:{self.port}/metrics", timeout=60).text

    def value(self, name: str, **labels: str) -> float | None:
        for family in text_string_to_metric_families(self.text):
            for sample in family.samples:
                if sample.name == f"armarius_{name}" and sample.labels == labels:
                    return sample.value
        return None

    def until(self, state: JobState, job: str = "job1") -> None:
        for _ in range(12):
            if self.pool.driver.look(job).state is state:
                return
        raise AssertionError(self.made.journal.job(job).state)


@pytest.fixture
def scraped(made: Bench) -> Iterator[Scraped]:
    config = PoolConfig(journal="unused", home=made.folder / "home", sites=(made.config,))
    pool = Pool(config, made.desk())
    with offered(pool, "0") as port:
        assert port is not None
        yield Scraped(pool, made, port)


def test_a_training_from_its_placement_to_its_end(scraped: Scraped) -> None:
    made = scraped.made
    made.create(user="anna-the-scholar", project="poilus")
    scraped.until(JobState.CALIBRATING)
    assert scraped.value("jobs", state="calibrating", task="train", kind="recognition") == 1
    assert scraped.value("runs_placed_total", site="alpha", task="calibrate") == 1
    assert scraped.value("site_runs", site="alpha", stage="waiting") == 1
    made.clock.pass_(90)
    made.site.begin("job1-1", Progress(at=made.clock.now(), phase=Phase.CALIBRATING, step=1))
    scraped.pool.driver.look("job1")
    assert scraped.value("runs_started_total", site="alpha") == 1
    assert scraped.value("queue_wait_seconds_sum", site="alpha") == 90
    assert scraped.value("queue_wait_seconds_bucket", site="alpha", le="60.0") == 0
    made.site.end("job1-1", Outcome.FINISHED, models=(MODEL,))
    scraped.until(JobState.DONE)
    ended = {"site": "alpha", "kind": "recognition", "outcome": "finished", "reason": ""}
    assert scraped.value("runs_ended_total", **ended) == 1
    assert scraped.value("run_seconds_sum", site="alpha", kind="recognition") == 1
    sent = sum(parcel.size for parcel in made.staging.sent)
    assert scraped.value("staged_bytes_total", site="alpha", direction="to_site") == sent > 0
    assert scraped.value("staged_bytes_total", site="alpha", direction="home") == MODEL.size
    assert scraped.value("port_calls_total", site="alpha", port="compute", call="submit") == 1
    assert scraped.value("advance_seconds_count") == scraped.value("advance_seconds_bucket", le="+Inf")
    assert (scraped.value("advance_seconds_count") or 0) > 3
    assert scraped.value("jobs", state="done", task="train", kind="recognition") == 1


def test_no_job_no_run_and_no_person_is_a_label(scraped: Scraped) -> None:
    scraped.made.create(user="anna-the-scholar", project="poilus")
    scraped.until(JobState.CALIBRATING)
    for private in ("job1", "anna-the-scholar", "poilus"):
        assert private not in scraped.text


def test_a_site_that_does_not_answer(scraped: Scraped) -> None:
    made = scraped.made
    scraped.pool.desk.ask("alpha")
    made.site.reachable = False
    made.clock.pass_(61)
    scraped.pool.desk.ask("alpha")
    assert scraped.value("site_last_contact_seconds", site="alpha") == 61
    assert scraped.value("site_silent", site="alpha") == 1
    failed = {"site": "alpha", "port": "compute", "call": "probe", "error": "SiteUnreachable", "transient": "true"}
    assert scraped.value("port_errors_total", **failed) == 1
    assert scraped.value("port_call_seconds_count", port="compute", call="probe") == 2


def test_a_journal_that_does_not_answer_is_a_figure_too(scraped: Scraped, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone() -> None:
        raise JournalUnreachable("It is away.")

    assert scraped.value("journal_up") == 1
    monkeypatch.setattr(scraped.made.journal.glance, "counts", gone)
    assert scraped.value("journal_up") == 0
    assert scraped.value("runs_started_total", site="alpha") is None, "and the rest is still told"


def test_what_somebody_drains_is_seen_through_the_wrappers(scraped: Scraped) -> None:
    assert not scraped.pool.desk.sites["alpha"].config.drained
    sites = scraped.pool.desk.sites
    link = sites._sites["alpha"]
    sites._sites["alpha"] = replace(link, config=link.config.model_copy(update={"drained": True}))
    assert sites["alpha"].config.drained
    assert (len(sites), list(sites)) == (1, ["alpha"])
    assert (sites["alpha"].compute.pace, sites["alpha"].compute.lasting) == (0.0, False)


def test_calls_under_peoples_own_accounts_count_as_their_sites(made: Bench) -> None:
    def opened(common: SiteLink, identity: str) -> PersonalLink:
        named = common.config.model_copy(update={"name": f"{common.config.name} as {identity}"})
        return PersonalLink(named, made.site, made.staging, lambda: None)

    keys = SimpleNamespace(stamp=lambda _identity: "1")
    desk = replace(made.desk(), people=People(keys, opened, made.clock))
    pool = Pool(PoolConfig(journal="unused", home=made.folder / "home", sites=(made.config,)), desk)
    with offered(pool, "0") as port:
        scraped = Scraped(pool, made, port or 0)
        pool.desk.probe(pool.desk.link("alpha as user-17"), [])
        assert scraped.value("port_calls_total", site="alpha", port="compute", call="probe") == 1
        assert "user-17" not in scraped.text


def test_nothing_is_offered_unless_somebody_asks(made: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    pool = Pool(PoolConfig(journal="unused", home=made.folder / "home", sites=(made.config,)), made.desk())
    desk = pool.desk
    with offered(pool) as port:
        assert (port, pool.desk) == (None, desk)
    monkeypatch.setenv(METRICS_VARIABLE, "127.0.0.1:0")
    with offered(pool) as port:
        assert port
    with pytest.raises(requests.ConnectionError):
        requests.get(f"http://{HERE}:{port}/metrics", timeout=60)


def test_a_port_in_use_is_said(made: Bench) -> None:
    pool = Pool(PoolConfig(journal="unused", home=made.folder / "home", sites=(made.config,)), made.desk())
    with socket.create_server((HERE, 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigurationError, match=f"cannot be offered at {HERE}:{port}"), offered(pool, str(port)):
            pass


def test_without_the_extra_it_is_said_what_to_install(made: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    for name in [name for name in sys.modules if name.startswith("armarius.client.metrics")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    pool = Pool(PoolConfig(journal="unused", home=made.folder / "home", sites=(made.config,)), made.desk())
    with pytest.raises(ConfigurationError, match=r"armarius\[metrics\]"), offered(pool, "0"):
        pass


@pytest.mark.parametrize(
    ("given", "expected"),
    [("9464", (HERE, 9464)), ("0.0.0.0:9464", ("0.0.0.0", 9464)), ("[::1]:1", ("::1", 1)), (":5", (HERE, 5))],
)
def test_addresses(given: str, expected: tuple[str, int]) -> None:
    assert host_and_port(given) == expected


@pytest.mark.parametrize("given", ["metrics", "127.0.0.1:", "1:2:x", "65536", "localhost:-1", "²"])
def test_what_is_no_address(given: str) -> None:
    with pytest.raises(ConfigurationError, match="no address for the metrics"):
        host_and_port(given)
