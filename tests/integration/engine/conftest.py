from collections.abc import Callable
from pathlib import Path

import pytest

from armarius.functions.contracts import (
    Limits,
    RecognitionParameters,
    RunSpec,
    SegmentationParameters,
    Task,
    TrainingParameters,
)
from armarius.functions.handover import EngineEnd
from armarius.functions.rundir import RunDir
from armarius.functions.site import Site
from support.engine_process import find_kraken_python, perform
from support.synthetic_dataset import LAYOUT_SPEC, SMALL_SPEC, draw_layouts, draw_pages, stage

MakeSpec = Callable[..., RunSpec]


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    python = find_kraken_python()
    if python is None:
        pytest.skip("no kraken environment: set ARMARIUS_KRAKEN_PYTHON or run `make envs`")
    return Site(tmp_path_factory.mktemp("site"), python)


@pytest.fixture(scope="session")
def dataset(site: Site) -> str:
    return stage(site, draw_pages(train=40, validation=6, test=6))


@pytest.fixture(scope="session")
def layouts(site: Site) -> str:
    return stage(site, draw_layouts())


@pytest.fixture(scope="session")
def make_spec(dataset: str) -> MakeSpec:
    """Returns a maker of specs of short trainings; what is not given is the same for all."""
    wanted = {"spec": SMALL_SPEC, "batch_size": 2, "precision": "32-true", "epochs": 3, "quit": "fixed", "lrate": 3e-3}
    return maker(RecognitionParameters, dataset, wanted)


@pytest.fixture(scope="session")
def make_layout_spec(layouts: str) -> MakeSpec:
    """The same of segmentations."""
    return maker(
        SegmentationParameters, layouts, {"spec": LAYOUT_SPEC, "precision": "32-true", "epochs": 3, "lrate": 1e-2}
    )


def maker(kind: type[TrainingParameters], dataset: str, wanted: dict[str, object]) -> MakeSpec:
    def make(run_id: str, task: Task = Task.TRAIN, limits: Limits | None = None, **changes: object) -> RunSpec:
        fields = {"dataset", "model", "resume_from", "epoch_models"} & changes.keys()
        top = {name: changes.pop(name) for name in fields}
        parameters = kind.model_validate({**wanted, **changes})
        return RunSpec.model_validate(
            {
                "run_id": run_id,
                "task": task,
                "dataset": dataset,
                "parameters": parameters,
                "limits": limits or Limits(),
                **top,
            }
        )

    return make


@pytest.fixture(scope="session")
def trained(site: Site, make_spec: MakeSpec) -> tuple[RunDir, EngineEnd]:
    """A training from scratch, to its end."""
    spec = make_spec("trained", epochs=12, epoch_models="mlmodel", limits=Limits(checkpoint_every=3600))
    return site.run(spec.run_id), perform(site, spec)


@pytest.fixture(scope="session")
def laid_out(site: Site, make_layout_spec: MakeSpec) -> tuple[RunDir, EngineEnd]:
    """A segmentation's training from scratch, as a calibration that goes on to the end."""
    limits = Limits(calibration=0, checkpoint_every=3600)
    spec = make_layout_spec("laid-out", Task.CALIBRATE, limits=limits, epochs=24, augment=False)
    return site.run(spec.run_id), perform(site, spec)


@pytest.fixture(scope="session")
def kraken_package(site: Site) -> Path:
    """The folder of the installed kraken."""
    (found,) = site.kraken_python.parent.parent.glob("lib/python3.*/site-packages/kraken")
    return found


@pytest.fixture(scope="session")
def straight(site: Site, make_spec: MakeSpec) -> tuple[RunDir, EngineEnd]:
    """A calibration that goes on to the end, uninterrupted."""
    spec = make_spec("straight", Task.CALIBRATE, limits=Limits(calibration=0, checkpoint_every=3600))
    return site.run(spec.run_id), perform(site, spec)
