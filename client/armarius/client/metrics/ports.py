"""Wrappers around the ports of a site: they count and time its calls, and pass everything on."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from time import perf_counter
from typing import Any

from armarius.client.metrics.instruments import Instruments
from armarius.client.ports import Compute, Parcel, Staging, TaskView, TransferView
from armarius.functions.contracts import RunSpec, Shape


class _Counted:
    def __init__(self, instruments: Instruments, site: str, port: str) -> None:
        self._instruments = instruments
        self._site = site
        self._port = port

    @contextmanager
    def _call(self, name: str) -> Iterator[None]:
        """Counts a call, what it took, and how it failed if it did."""
        begun = perf_counter()
        self._instruments.calls.labels(self._site, self._port, name).inc()
        try:
            yield
        except Exception as error:
            transient = str(bool(getattr(error, "transient", False))).lower()
            self._instruments.errors.labels(self._site, self._port, name, type(error).__name__, transient).inc()
            raise
        finally:
            self._instruments.call_seconds.labels(self._port, name).observe(perf_counter() - begun)


class CountedCompute(_Counted):
    """Fulfils ``Compute``.

    Args:
        compute: What does it.
        instruments: On which it is counted.
        site: Whose.
    """

    def __init__(self, compute: Compute, instruments: Instruments, site: str) -> None:
        super().__init__(instruments, site, "compute")
        self._compute = compute

    @property
    def pace(self) -> float:
        """As it is."""
        return self._compute.pace

    @property
    def lasting(self) -> bool:
        """As it is."""
        return self._compute.lasting

    def submit(self, spec: RunSpec, shape: Shape, walltime: float | None) -> str:
        """Hands a run over."""
        with self._call("submit"):
            return self._compute.submit(spec, shape, walltime)

    def task(self, reference: str) -> TaskView:
        """Tells what is known of a task."""
        with self._call("task"):
            return self._compute.task(reference)

    def call(self, function: str, payload: dict[str, Any]) -> dict[str, Any]:
        """Calls a control function, under whose name it is counted."""
        with self._call(function):
            return self._compute.call(function, payload)

    def wait(self, seconds: float) -> None:
        """Waits; that is no call."""
        self._compute.wait(seconds)

    def close(self) -> None:
        """Ends what belongs to this process."""
        self._compute.close()


class CountedStaging(_Counted):
    """Fulfils ``Staging``, and counts the bytes of every transfer that is begun.

    How far one is, nobody asks to the end: what has come home is seen by its files.

    Args:
        staging: What does it.
        instruments: On which it is counted.
        site: Whose.
    """

    def __init__(self, staging: Staging, instruments: Instruments, site: str) -> None:
        super().__init__(instruments, site, "staging")
        self._staging = staging

    def send(self, transfer: str, parcels: Sequence[Parcel]) -> None:
        """Begins to bring files to the site."""
        with self._call("send"):
            self._staging.send(transfer, parcels)
        self._count("to_site", parcels)

    def fetch(self, transfer: str, parcels: Sequence[Parcel]) -> None:
        """Begins to bring files home."""
        with self._call("fetch"):
            self._staging.fetch(transfer, parcels)
        self._count("home", parcels)

    def status(self, transfer: str) -> TransferView:
        """Tells what is known of a transfer."""
        with self._call("status"):
            return self._staging.status(transfer)

    def cancel(self, transfer: str) -> None:
        """Ends a transfer."""
        with self._call("cancel"):
            self._staging.cancel(transfer)

    def close(self) -> None:
        """Ends what belongs to this process."""
        self._staging.close()

    def _count(self, direction: str, parcels: Sequence[Parcel]) -> None:
        self._instruments.staged.labels(self._site, direction).inc(sum(parcel.size for parcel in parcels))
