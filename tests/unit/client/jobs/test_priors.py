import pytest

from armarius.client.jobs.priors import AUTO_BATCH, AUTO_BATCH_GPU, line_height, prior_of
from armarius.functions.contracts import RecognitionParameters, SegmentationParameters, Shape

GB = 10**9


@pytest.mark.parametrize(
    ("batch", "widest", "seen"), [(1, 3296, 1_560), (8, 3296, 2_710), (16, 3296, 4_270), (32, 3296, 7_190)]
)
def test_it_covers_what_was_seen_and_asks_for_no_more_than_twice_as_much(batch: int, widest: int, seen: int) -> None:
    """Peaks in MB of the default network on a CPU, on pages whose widest line is of that many pixels."""
    prior = prior_of(RecognitionParameters(batch_size=batch), widest)
    assert seen * 10**6 < prior.memory <= 2 * seen * 10**6


def test_a_batch_that_the_engine_is_to_find_is_small_on_a_cpu_and_large_on_a_gpu() -> None:
    auto = prior_of(RecognitionParameters(), 2000)
    assert auto.memory == prior_of(RecognitionParameters(batch_size=AUTO_BATCH), 2000).memory
    assert auto.gpu_memory == prior_of(RecognitionParameters(batch_size=AUTO_BATCH_GPU), 2000).gpu_memory


def test_an_unknown_width_is_reckoned_as_a_wide_one() -> None:
    assert prior_of(RecognitionParameters()).memory > prior_of(RecognitionParameters(), 3000).memory


def test_a_lower_network_takes_less() -> None:
    low = RecognitionParameters(spec="[1,48,0,1 Cr3,3,32 S1(1x0)1,3 Lbx64]")
    assert prior_of(low).memory < prior_of(RecognitionParameters()).memory


@pytest.mark.parametrize(
    ("spec", "height"),
    [
        ("[1,48,0,1 Cr3,3,32]", 48),
        ("[1,1,0,48 Lbx100]", 48),
        ("[1,0,0,1 Cr3,3,32]", 120),
        (" [ 1, 64 ,0 , 3 Cr3,3,32]", 64),
        ("no network", 120),
    ],
)
def test_the_height_of_lines_stands_in_the_network(spec: str, height: int) -> None:
    assert line_height(RecognitionParameters(spec=spec)) == height
    assert line_height(SegmentationParameters()) == 120


def test_a_gpu_slice_of_five_gigabytes_holds_a_batch_of_eight_and_no_segmentation() -> None:
    shape = Shape(name="mig-5g", cpus=4, memory=16 * GB, gpus=1, gpu_memory=5 * GB)
    assert prior_of(RecognitionParameters(batch_size=8)).fits(shape)
    assert not prior_of(RecognitionParameters(batch_size=9)).fits(shape)
    assert not prior_of(SegmentationParameters()).fits(shape)
    assert prior_of(SegmentationParameters()).fits(shape.model_copy(update={"gpu_memory": 10 * GB}))
    assert not prior_of(RecognitionParameters()).fits(shape.model_copy(update={"memory": 2 * GB}))


def test_a_segmentation_takes_the_same_whatever_the_lines() -> None:
    assert prior_of(SegmentationParameters(), 10) == prior_of(SegmentationParameters(), 9000)
