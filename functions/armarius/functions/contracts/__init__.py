"""The contract between a client and a site: frozen messages, JSON both ways, nothing but pydantic beneath."""

from armarius.functions.contracts.base import Blob, Contract, RunId, Sha256
from armarius.functions.contracts.calibration import CalibrationReport, CostModel
from armarius.functions.contracts.choice import Choice, Trial
from armarius.functions.contracts.control import (
    Answer,
    Bundle,
    ProbeRequest,
    ProgressAnswer,
    ProgressRequest,
    ReceiveRequest,
    Refusal,
    ReleaseRequest,
    StopRequest,
    Watched,
)
from armarius.functions.contracts.dataset import (
    Line,
    Manifest,
    Page,
    PageImage,
    Point,
    Polygon,
    Region,
    Split,
)
from armarius.functions.contracts.epoch import Epoch
from armarius.functions.contracts.errors import ArmariusError, BadInput
from armarius.functions.contracts.metrics import AnyMetrics, Confusion, LineReading, Metrics
from armarius.functions.contracts.models import EpochModel, ModelFile
from armarius.functions.contracts.outcome import Outcome, Reason
from armarius.functions.contracts.pages import (
    MOST_PAGES,
    PageFault,
    PageFile,
    PageFormat,
    PageParameters,
    PageResult,
)
from armarius.functions.contracts.parameters import (
    KETOS_SPEC,
    SEGTRAIN_SPEC,
    Parameters,
    RecognitionParameters,
    SegmentationParameters,
    TrainingParameters,
)
from armarius.functions.contracts.progress import Phase, Progress, RunState, RunStatus
from armarius.functions.contracts.quality import AreaFigures, LineFigures, SegmentationMetrics
from armarius.functions.contracts.queue import (
    Cache,
    Contents,
    PartitionReport,
    QueuedShape,
    QueueReport,
    QueueTable,
    WaitEstimate,
)
from armarius.functions.contracts.report import (
    DatasetSummary,
    EvaluationReport,
    PagesReport,
    RunReport,
    TrainReport,
    report_of,
)
from armarius.functions.contracts.sitereport import SiteReport, UserEndpoint
from armarius.functions.contracts.spec import CheckpointRef, Limits, ModelFormat, RunSpec, Shape, Task
from armarius.functions.contracts.usage import Usage, Versions

__all__ = [
    "KETOS_SPEC",
    "MOST_PAGES",
    "SEGTRAIN_SPEC",
    "Answer",
    "AnyMetrics",
    "AreaFigures",
    "ArmariusError",
    "BadInput",
    "Blob",
    "Bundle",
    "Cache",
    "CalibrationReport",
    "CheckpointRef",
    "Choice",
    "Confusion",
    "Contents",
    "Contract",
    "CostModel",
    "DatasetSummary",
    "Epoch",
    "EpochModel",
    "EvaluationReport",
    "Limits",
    "Line",
    "LineFigures",
    "LineReading",
    "Manifest",
    "Metrics",
    "ModelFile",
    "ModelFormat",
    "Outcome",
    "Page",
    "PageFault",
    "PageFile",
    "PageFormat",
    "PageImage",
    "PageParameters",
    "PageResult",
    "PagesReport",
    "Parameters",
    "PartitionReport",
    "Phase",
    "Point",
    "Polygon",
    "ProbeRequest",
    "Progress",
    "ProgressAnswer",
    "ProgressRequest",
    "QueueReport",
    "QueueTable",
    "QueuedShape",
    "Reason",
    "ReceiveRequest",
    "RecognitionParameters",
    "Refusal",
    "Region",
    "ReleaseRequest",
    "RunId",
    "RunReport",
    "RunSpec",
    "RunState",
    "RunStatus",
    "SegmentationMetrics",
    "SegmentationParameters",
    "Sha256",
    "Shape",
    "SiteReport",
    "Split",
    "StopRequest",
    "Task",
    "TrainReport",
    "TrainingParameters",
    "Trial",
    "Usage",
    "UserEndpoint",
    "Versions",
    "WaitEstimate",
    "Watched",
    "report_of",
]
