"""Whether the user endpoint still lives that took a task.

Globus Compute does not notice when a user endpoint dies: its tasks stay pending for ever. The site itself is asked.
"""

from collections.abc import Callable

from armarius.client.adapters.globus.compute.reference import Reference
from armarius.client.ports import Clock
from armarius.functions.contracts import ArmariusError, SiteReport, UserEndpoint

PROBE_SECONDS = 10.0
"""How long the site's answer counts."""

SURE_SECONDS = 30.0
"""From the first answer to the last that there is none."""

SILENT_SECONDS = 600.0
"""A user endpoint whose process is there but has shown no sign of life for so long is as good as dead."""

YOUNG_SECONDS = 60.0
"""How long a user endpoint that is younger than a task is trusted to have been started for it. It may as well have
taken the place of another, whose tasks went with it. To hand the run over once more is harmless, and settles it: then
the user endpoint is the older one."""


class Holders:
    """Watches the user endpoints of one site.

    Args:
        probe: Asks the site.
        project: Which is charged, as the site file says.
        clock: The time.
    """

    def __init__(self, probe: Callable[[], SiteReport], project: str | None, clock: Clock) -> None:
        self._probe = probe
        self._project = project or ""
        self._clock = clock
        self._report: SiteReport | None = None
        self._heard = float("-inf")
        self._missed: dict[str, float] = {}

    def gone(self, held: Reference) -> bool:
        """Tells whether it is sure that nobody holds a task any more.

        Sure is what the site has answered twice, half a minute apart. A site that does not answer proves nothing, nor
        does one that does not even name the user endpoint which answered.
        """
        report = self._ask()
        if report is None:
            return False
        if not report.user_endpoints or any(self._holds(each, held) for each in report.user_endpoints):
            self._missed.pop(held.task, None)
            return False
        return self._heard - self._missed.setdefault(held.task, self._heard) >= SURE_SECONDS

    def _ask(self) -> SiteReport | None:
        now = self._clock.now()
        if not 0 <= now - self._heard < PROBE_SECONDS:
            try:
                self._report, self._heard = self._probe(), now
            except (ArmariusError, ValueError):  # a refusal or nonsense proves as little as silence
                return None
        return self._report

    def _holds(self, endpoint: UserEndpoint, held: Reference) -> bool:
        asked = (endpoint.role, endpoint.shape, endpoint.walltime, endpoint.project)
        if asked != ("batch", held.shape, held.walltime, self._project):
            return False
        younger = endpoint.uptime is not None and endpoint.uptime < self._clock.now() - held.at
        replaced = younger and (endpoint.uptime or 0.0) > YOUNG_SECONDS
        return endpoint.alive and endpoint.age <= SILENT_SECONDS and not replaced
