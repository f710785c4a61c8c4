"""A Globus Compute service and a site behind it, in memory: what they answer is what the test says."""

from collections import deque
from collections.abc import Collection
from concurrent.futures import Future
from typing import Any
from uuid import UUID, uuid5

from armarius.client.adapters.globus.compute import GlobusCompute
from armarius.client.adapters.globus.compute.service import Hub, Line, Settings
from armarius.client.adapters.globus.compute.tasks import TaskBook, Told
from armarius.client.config import DataPath, GlobusSiteConfig, RegisteredFunction
from armarius.client.testing import FakeClock
from armarius.functions.contracts import Answer, RunSpec, Shape, SiteReport, Task, UserEndpoint, Versions
from armarius.functions.registered.source import NAMES, digest

ENDPOINT = UUID(int=1)
SHAPE = Shape(name="cpu4", cpus=4, memory=2**33)
SPEC = RunSpec(run_id="job1-1", task=Task.TRAIN, dataset="d" * 64)


def function_id(name: str) -> UUID:
    """Returns what a function is called."""
    return uuid5(ENDPOINT, name)


def site_config(**fields: Any) -> GlobusSiteConfig:
    """A site with all functions of this release."""
    functions = {name: RegisteredFunction(id=function_id(name), sha256=digest(name)) for name in NAMES}
    given: dict[str, Any] = {
        "name": "lab",
        "endpoint": ENDPOINT,
        "data": DataPath(collection=UUID(int=2), root="/armarius"),
        "functions": functions,
        "shapes": (SHAPE,),
        "walltimes": ("30m", "8h"),
    }
    return GlobusSiteConfig(**given | fields)


class FakeLine(Line):
    """Answers with what the test has put into ``answers``; an exception is raised by the future, None never comes."""

    def __init__(self, answers: "deque[Any]") -> None:
        self.answers = answers
        self.sent: list[tuple[UUID, dict[str, Any]]] = []
        self.hung_up = False

    def send(self, function: UUID, payload: dict[str, Any]) -> "Future[Any]":
        assert not self.hung_up, "a line that was given up is used again"
        self.sent.append((function, payload))
        future: Future[Any] = Future()
        found = self.answers.popleft()
        found = found() if callable(found) else found
        if isinstance(found, BaseException):
            future.set_exception(found)
        elif found is not None:
            future.set_result(found)
        return future

    def hang_up(self) -> None:
        self.hung_up = True


class FakeService:
    """Fulfils ``Service``.

    Attributes:
        submitted: What was handed over.
        told: What is known of tasks; an exception is raised instead.
        asked: For which tasks, request by request.
        refusal: Raised at the next submission, and all after it.
        answers: What lines answer, in order.
        lines: All that were opened.
    """

    def __init__(self) -> None:
        self.submitted: list[tuple[UUID, dict[str, str], UUID, dict[str, Any]]] = []
        self.told: dict[str, Told] | Exception = {}
        self.asked: list[list[str]] = []
        self.refusal: Exception | None = None
        self.answers: deque[Any] = deque()
        self.lines: list[FakeLine] = []

    def submit(self, endpoint: UUID, settings: Settings, function: UUID, payload: dict[str, Any]) -> str:
        if self.refusal is not None:
            raise self.refusal
        self.submitted.append((endpoint, dict(settings), function, payload))
        return str(UUID(int=100 + len(self.submitted)))

    def tell(self, tasks: Collection[str]) -> dict[str, Told]:
        self.asked.append(sorted(tasks))
        if isinstance(self.told, Exception):
            raise self.told
        return {task: self.told[task] for task in tasks if task in self.told}

    def line(self, endpoint: UUID, settings: Settings) -> Line:
        assert (endpoint, dict(settings)) == (ENDPOINT, {"role": "control"})
        self.lines.append(FakeLine(self.answers))
        return self.lines[-1]


class GlobusBench:
    """The adapter over the fake service, with a clock that the test turns."""

    def __init__(self, **fields: Any) -> None:
        self.clock = FakeClock()
        self.service = FakeService()
        self.hub = Hub(self.service, TaskBook(self.service.tell, self.clock))
        self.compute = self.adapter(**fields)

    def adapter(self, **fields: Any) -> GlobusCompute:
        """Another adapter of the same process."""
        app: Any = None  # whoever it is: the hub is given
        return GlobusCompute(site_config(**fields), app, hub=self.hub, clock=self.clock, call_seconds=0.01)

    def answer(self, *answers: Any) -> None:
        """Says what comes over the line, in order; a dictionary is a site's answer."""
        self.service.answers += [answered(each) if isinstance(each, dict) else each for each in answers]


def answered(found: dict[str, Any]) -> dict[str, Any]:
    """What a registered function returns."""
    return Answer(answer=found).model_dump(mode="json")


def report(*endpoints: UserEndpoint) -> dict[str, Any]:
    """What ``probe`` answers where these user endpoints are, beside the one that answers."""
    own = UserEndpoint(role="control", age=1, alive=True)
    return SiteReport(
        time=0,
        host="login1",
        versions=Versions(armarius="0", python="3"),
        cpus=2,
        memory=2,
        memory_free=1,
        disk_free=1,
        user_endpoints=(own, *endpoints),
    ).model_dump(mode="json")
