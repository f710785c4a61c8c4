"""What passes between the engine and its workers: one JSON object per line, each way."""

from pydantic import Field

from armarius.functions.contracts import Contract, PageFault, PageFormat, Reason


class Order(Contract):
    """Asks a worker for a page.

    Attributes:
        number: The page's place in the manifest.
        threads: To compute with.
    """

    number: int
    threads: int = 1


class Answer(Contract):
    """What a worker says: first that its models are loaded, or why not, and then what came of each page.

    Attributes:
        number: The page; None of the first answer.
        reason: Why nothing can be done here: the models cannot be used, or the machine is to blame. The run ends.
        fault: Why the page is left out.
        message: Either of the two for people.
        texts: The page in each format.
        lines: Lines on it.
        regions: Regions on it.
        characters: Characters read.
        confidence: Their mean confidence.
        seconds: What it took.
        memory: Peak resident bytes of the worker so far.
        gpu_memory: Peak bytes that it had reserved on its GPU so far.
        gpu_whole: Bytes of memory of that GPU; 0 without one.
    """

    number: int | None = None
    reason: Reason | None = None
    fault: PageFault | None = None
    message: str = ""
    texts: dict[PageFormat, str] = Field(default_factory=dict)
    lines: int = 0
    regions: int = 0
    characters: int = 0
    confidence: float | None = None
    seconds: float = 0
    memory: int = 0
    gpu_memory: int = 0
    gpu_whole: int = 0
