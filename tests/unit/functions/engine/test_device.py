"""What a run asks of a GPU, on a torch that only writes it down: there is none here."""

import importlib
import sys
from collections.abc import Callable, Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from armarius.functions.contracts import Limits
from armarius.functions.frame import GPU_CONTEXT, GPU_MEMORY_VARIABLE

WHOLE = 40 * 10**9
MODULE = "armarius.functions.engine.device"


class FakeCuda(SimpleNamespace):
    """torch.cuda, as far as it is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.fractions: list[float] = []

    def get_device_properties(self, _device: int) -> Any:
        return SimpleNamespace(total_memory=WHOLE)

    def set_per_process_memory_fraction(self, fraction: float, _device: int) -> None:
        assert 0 <= fraction <= 1, "torch refuses others"
        self.fractions.append(fraction)

    def is_bf16_supported(self, including_emulation: bool) -> bool:
        return not including_emulation


@pytest.fixture
def cuda(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeCuda]:
    torch = ModuleType("torch")
    torch.cuda = FakeCuda()
    monkeypatch.setitem(sys.modules, "torch", torch)
    monkeypatch.delitem(sys.modules, MODULE, raising=False)
    yield torch.cuda
    sys.modules.pop(MODULE, None)


@pytest.fixture
def device_of(cuda: FakeCuda) -> Callable[[Limits], Any]:
    found: Callable[[Limits], Any] = importlib.import_module(MODULE).device_of
    return found


def test_a_run_on_a_share_takes_no_more_of_the_gpu(
    cuda: FakeCuda, device_of: Callable[[Limits], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(GPU_MEMORY_VARIABLE, str(10 * 10**9))
    assert device_of(Limits(gpus=1)).precisions == ("32-true", "bf16-mixed")
    (fraction,) = cuda.fractions
    assert fraction * WHOLE + GPU_CONTEXT == pytest.approx(10 * 10**9), "four of them fit"


@pytest.mark.parametrize(("share", "fraction"), [(99 * 10**9, 1.0), (1, 0.0)])
def test_a_share_of_any_size_is_one_that_torch_takes(
    cuda: FakeCuda, device_of: Callable[[Limits], Any], monkeypatch: pytest.MonkeyPatch, share: int, fraction: float
) -> None:
    monkeypatch.setenv(GPU_MEMORY_VARIABLE, str(share))
    device_of(Limits(gpus=1))
    assert cuda.fractions == [fraction]


def test_a_whole_gpu_or_a_slice_is_the_runs_own(
    cuda: FakeCuda, device_of: Callable[[Limits], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(GPU_MEMORY_VARIABLE, raising=False)
    device_of(Limits(gpus=1))
    monkeypatch.setenv(GPU_MEMORY_VARIABLE, "1")
    device_of(Limits())  # on a CPU there is nothing to share
    assert cuda.fractions == []
