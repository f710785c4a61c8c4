"""Runs that another has taken over."""

from pathlib import Path

import pytest

from armarius.functions.errors import Superseded
from armarius.functions.supervisor import supervise
from unit.functions.registered.fake_engine import fake_site, is_dead, spec, starts


@pytest.mark.parametrize("notices", ["the supervisor", "the engine"])
def test_a_run_that_was_taken_over_is_left_as_it_is(tmp_path: Path, notices: str) -> None:
    ends = "hang()" if notices == "the supervisor" else "sys.exit(76)"
    site = fake_site(tmp_path, "from armarius.functions.rundir import RunDir\nrun.seal()\n" + ends)
    with pytest.raises(Superseded):
        supervise(site, spec())
    run = site.run("job1-1")
    assert not run.report_path.exists()
    assert [is_dead(pid) for pid in starts(site)] == [True]
    assert not run.is_locked()
