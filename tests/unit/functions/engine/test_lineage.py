import json

from armarius.functions.contracts import Blob, RecognitionParameters, RunSpec, SegmentationParameters, Task
from armarius.functions.engine.lineage import job_of, same_job

SPEC = RunSpec(run_id="a", task=Task.TRAIN, dataset="0" * 64, parameters=RecognitionParameters(batch_size=4))


def test_only_what_says_when_to_end_may_change() -> None:
    kept = job_of(SPEC)
    longer = SPEC.parameters.model_copy(update={"epochs": 7, "quit": "fixed", "lag": 3})
    assert same_job(kept, SPEC.model_copy(update={"parameters": longer}))
    assert not same_job(kept, SPEC.model_copy(update={"parameters": RecognitionParameters(batch_size=5)}))
    assert not same_job(kept, SPEC.model_copy(update={"parameters": SegmentationParameters()}))
    assert not same_job(kept, SPEC.model_copy(update={"dataset": "1" * 64}))
    assert not same_job(kept, SPEC.model_copy(update={"model": Blob(sha256="2" * 64, size=1)}))


def test_a_checkpoint_of_an_earlier_release_is_known() -> None:
    """It wrote the parameters in another order, and did not know all of them."""
    dataset, model, written = job_of(SPEC).split(" ", 2)
    parameters = json.loads(written)
    del parameters["gradient_clip_val"]
    older = json.dumps(dict(reversed(parameters.items())))
    assert same_job(f"{dataset} {model} {older}", SPEC)


def test_a_checkpoint_of_a_later_release_is_not() -> None:
    dataset, model, written = job_of(SPEC).split(" ", 2)
    later = json.dumps({**json.loads(written), "patience_of_monks": 3})
    assert not same_job(f"{dataset} {model} {later}", SPEC)
