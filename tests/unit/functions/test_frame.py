import pytest
from hypothesis import given
from hypothesis import strategies as st

from armarius.functions.contracts import Limits
from armarius.functions.frame import CPUS_VARIABLE, GPUS_VARIABLE, MEMORY_VARIABLE, WALLTIME_VARIABLE, within

SHAPE = {CPUS_VARIABLE: "4", MEMORY_VARIABLE: "8192", GPUS_VARIABLE: "1", WALLTIME_VARIABLE: "3600"}


def test_what_is_too_much_is_cut() -> None:
    assert within(Limits(cpus=4096, memory=2**60, gpus=99, walltime=1e9), SHAPE) == Limits(
        cpus=4, memory=8192, gpus=1, walltime=3600
    )


def test_without_a_bound_of_the_clients_that_of_the_site_holds() -> None:
    assert within(Limits(), SHAPE) == Limits(cpus=1, memory=8192, gpus=0, walltime=3600)


def test_less_is_left_as_it_is() -> None:
    asked = Limits(cpus=2, memory=4096, gpus=0, walltime=60.5, margin=7, calibration=8, checkpoint_every=9)
    assert within(asked, SHAPE) == asked


def test_a_shape_without_gpus_has_none() -> None:
    assert within(Limits(gpus=1), {GPUS_VARIABLE: "0"}).gpus == 0


def test_a_bound_that_is_no_number_is_not_ignored() -> None:
    with pytest.raises(ValueError, match="many"):
        within(Limits(), {CPUS_VARIABLE: "many"})


@given(
    st.builds(
        Limits,
        cpus=st.integers(1, 2**20),
        memory=st.none() | st.integers(1, 2**60),
        gpus=st.integers(0, 2**20),
        walltime=st.none() | st.floats(0.1, 1e12),
        margin=st.floats(0, 1e12),
    )
)
def test_nobody_gets_more_than_the_site_allows(asked: Limits) -> None:
    found = within(asked, SHAPE)
    assert found.memory is not None
    assert found.walltime is not None
    assert found.pause_at is not None
    assert (found.cpus <= 4, found.memory <= 8192, found.gpus <= 1, found.walltime <= 3600) == (True,) * 4
    assert found.pause_at <= 3600
    assert within(asked, {}) == asked
    assert within(found, SHAPE) == found
