"""A site to examine: every way to the machine and to Globus answers what a test says."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from armarius.endpoint_config import Profile, render
from armarius.endpoint_config.doctor import Check, Context, Verdict, examine
from armarius.endpoint_config.doctor.commands import Finished
from armarius.endpoint_config.doctor.node import MARK, NodeReport
from armarius.endpoint_config.errors import NotReached
from unit.endpoint_config.services import FakeFunctions

REPORT = NodeReport(host="node1", cpus=4, armarius="0.1.0", kraken="7.1.1", unwritable={})
NODE = "armarius.endpoint_config.doctor.node"


def fails(message: str = "no such thing") -> Finished:
    return Finished(1, "", message)


def says(out: str = "") -> Finished:
    return Finished(0, out, "")


@dataclass
class FakeMachine:
    """Runs commands by finding a word of theirs in a table, and keeps what was run.

    Attributes:
        answers: What is answered to a command, by a word that stands in it.
        report: What a node tells.
        shared: Whether what it leaves in the root is seen here.
        root: The site's root.
    """

    root: Path
    answers: dict[str, Finished] = field(default_factory=dict)
    report: NodeReport | None = REPORT
    shared: bool = True
    ran: list[list[str]] = field(default_factory=list)

    def __call__(self, command: Sequence[str], seconds: float = 60) -> Finished:
        self.ran.append(list(command))
        text = " ".join(command)
        for word, answer in self.answers.items():
            if word in text:
                return answer
        return self._node(text) if NODE in text else fails(f"{command[0]}: command not found")

    def _node(self, text: str) -> Finished:
        if self.report is None:
            return fails("Unable to allocate resources: Requested nodes are busy")
        nonce = text.partition(NODE)[2].split()[1]
        if self.shared:
            (self.root / f"{MARK}-{nonce}").touch()
        return says(f"a module greets you\n{self.report.model_dump_json()}\n")


class FakeCompute(FakeFunctions):
    """Globus Compute with an endpoint."""

    status = "online"

    def get_endpoint_status(self, endpoint_uuid: str) -> dict[str, Any]:
        return {"status": self.status, "details": {}}


def nobody() -> Any:
    raise NotReached("Globus Compute did not do its part while logging in: no network", "Log in.")


@dataclass
class Ward:
    """One site under examination."""

    context: Context
    machine: FakeMachine
    compute: FakeCompute

    def examine(self, *themes: str) -> list[Check]:
        return list(examine(self.context, themes))

    def grave(self, *themes: str) -> list[str]:
        """Returns what is not well, as "verdict: found"."""
        return [f"{c.verdict.value}: {c.found}" for c in self.examine(*themes) if c.verdict is not Verdict.OK]


def ward(profile: Profile, folder: Path, **ways: Callable[..., Any]) -> Ward:
    """Renders a site into a folder, and lets it be examined."""
    root = Path(profile.root).expanduser()
    root.mkdir(parents=True, exist_ok=True, mode=0o755)
    machine, compute = FakeMachine(root), FakeCompute()
    rendered = render(profile, folder / profile.name).folder
    defaults: dict[str, Callable[..., Any]] = {
        "compute": lambda: compute,
        "names": lambda collection, path: [entry.name for entry in root.iterdir()],
        "web_time": lambda: (0.0, 1e12),
    }
    context = Context(profile, rendered, run=machine, **(defaults | ways))
    return Ward(context, machine, compute)
