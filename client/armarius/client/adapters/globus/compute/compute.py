"""Computing on a cluster behind a Globus Compute endpoint."""

from threading import Event
from typing import Any
from uuid import UUID

from globus_sdk import GlobusApp

from armarius.client.adapters.clock import SystemClock
from armarius.client.adapters.globus.compute.backoff import Backoff
from armarius.client.adapters.globus.compute.control import CALL_SECONDS, Control
from armarius.client.adapters.globus.compute.holders import Holders
from armarius.client.adapters.globus.compute.reference import Reference
from armarius.client.adapters.globus.compute.service import Hub, Line, Settings, hub_of
from armarius.client.adapters.globus.compute.troubles import trouble
from armarius.client.adapters.globus.compute.views import view
from armarius.client.config import GlobusSiteConfig
from armarius.client.errors import ConfigurationError
from armarius.client.ports import Clock, TaskState, TaskView
from armarius.functions.contracts import ProbeRequest, RunSpec, Shape, SiteReport
from armarius.functions.registered.source import digest

CONTROL: Settings = {"role": "control"}


class GlobusCompute:
    """Fulfils ``Compute`` for one site. Nothing is sent before the first use.

    Runs are handed over by plain requests and looked after by polls, so nothing is lost when this process ends. Control
    calls go over a line that brings answers at once.

    All methods are safe in threads. Make it after a fork, not before.

    Args:
        config: The site.
        app: The identity.
        hub: What sites share; by default that of the identity.
        clock: The time.
        call_seconds: What a control call may take.
    """

    lasting = True

    def __init__(
        self,
        config: GlobusSiteConfig,
        app: GlobusApp,
        *,
        hub: Hub | None = None,
        clock: Clock | None = None,
        call_seconds: float = CALL_SECONDS,
    ) -> None:
        self._config = config
        self._app = app
        self._given_hub = hub
        clock = clock or SystemClock()
        self._clock = clock
        self._submitting = Backoff(config.name, clock)
        self._polling = Backoff(config.name, clock)
        self._control = Control(config.name, self._open_line, Backoff(config.name, clock), call_seconds)
        self._holders = Holders(self._probe, config.project, clock)
        self._closed = Event()

    @property
    def pace(self) -> float:
        """As the site file says."""
        return self._config.pace

    def submit(self, spec: RunSpec, shape: Shape, walltime: float | None) -> str:
        """Hands a run to the queue; see ``Compute``.

        Raises:
            ConfigurationError: The site's functions are those of another release.
            SiteUnreachable: Globus did not take it, for now.
            SiteRefused: It never will.
            SignInNeeded: Globus does not know who asks.
        """
        function = self._function(spec.task.value)
        rung = "" if walltime is None else self._config.rung(walltime)
        self._submitting.check()
        try:
            task = self._hub.service.submit(
                self._config.endpoint, self._settings(shape, rung), function, spec.model_dump(mode="json")
            )
        except Exception as error:
            raise self._noted(error, self._submitting) from error
        self._submitting.succeeded()
        return str(Reference(task, shape.name, rung, self._clock.now()))

    def task(self, reference: str) -> TaskView:
        """Tells what is known of a task; see ``Compute``.

        Raises:
            SiteUnreachable: Globus did not answer.
            SignInNeeded: Globus does not know who asks.
        """
        held = Reference.read(reference)
        if held is None:
            return TaskView(TaskState.UNKNOWN)
        self._polling.check()
        try:
            told = self._hub.book.told(held.task)
        except Exception as error:
            raise self._noted(error, self._polling) from error
        self._polling.succeeded()
        found = view(told, self._config.name)
        if found.state is TaskState.PENDING and self._holders.gone(held):
            return TaskView(TaskState.FAILED, f"The user endpoint of {self._config.name} that held it is gone.")
        return found

    def call(self, function: str, payload: dict[str, Any]) -> dict[str, Any]:
        """Calls a control function; see ``Compute``.

        Raises:
            ConfigurationError: The site's functions are those of another release.
            SiteUnreachable: No answer came, or the site is left alone for a while after that.
            SiteRefused: It answered that it will not.
            SignInNeeded: Globus does not know who asks.
        """
        return self._control.call(function, self._function(function), payload)

    def wait(self, seconds: float) -> None:
        """Waits: nothing here tells when a task ends. Closing ends the wait."""
        self._closed.wait(seconds)

    def hang_up(self) -> None:
        """Gives the line up; the next call opens another."""
        self._control.close()

    def close(self) -> None:
        """Gives the line up. What was handed over goes on."""
        self._closed.set()
        self._control.close()

    def _function(self, name: str) -> UUID:
        """Returns the id of a function.

        Raises:
            ConfigurationError: It is not registered, or the text of any is not this release's.
        """
        registered = self._config.functions
        hint = "The operator runs: armarius endpoint register. It writes a new site file."
        if drifted := [name for name, each in registered.items() if each.sha256 != digest(name)]:
            said = f"{self._config.name} has functions of another release of Armarius: {', '.join(drifted)}."
            raise ConfigurationError(said, hint)
        if name not in registered:
            raise ConfigurationError(f"{self._config.name} does not offer {name!r}.", hint)
        return registered[name].id

    @property
    def _hub(self) -> Hub:
        return self._given_hub or hub_of(self._app)

    def _open_line(self) -> Line:
        return self._hub.service.line(self._config.endpoint, CONTROL)

    def _settings(self, shape: Shape, rung: str) -> Settings:
        """Returns what the user endpoint is asked for: nothing more is let through by its schema."""
        settings = {"role": "batch", "shape": shape.name}
        if rung:
            settings["walltime"] = rung
        if self._config.project is not None:
            settings["project"] = self._config.project
        return settings

    def _noted(self, error: Exception, backoff: Backoff) -> Exception:
        meant = trouble(error, self._config.name)
        if meant.transient:
            backoff.failed(meant)
        return meant

    def _probe(self) -> SiteReport:
        return SiteReport.model_validate(self.call("probe", ProbeRequest().model_dump(mode="json")))
