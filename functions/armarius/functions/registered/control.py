"""The functions that answer at once. They read and write small files; none starts a computation."""

import json
import os
import pwd
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from os import uname
from typing import Any

import psutil

from armarius.functions.cache import cache_of
from armarius.functions.contents import contents
from armarius.functions.contracts import (
    ProbeRequest,
    ProgressAnswer,
    ProgressRequest,
    ReceiveRequest,
    ReleaseRequest,
    RunState,
    RunStatus,
    SiteReport,
    StopRequest,
)
from armarius.functions.errors import EngineMissing, NoKey, RunBusy
from armarius.functions.fate import Ask, settle, sparing
from armarius.functions.inbox import open_inbox, receive_bundle
from armarius.functions.queue import queue_report
from armarius.functions.rundir import RunDir
from armarius.functions.signing import make_key
from armarius.functions.site import Site
from armarius.functions.user_endpoints import user_endpoints
from armarius.functions.versions import engine_versions, versions

MOST_LINES = 2000
"""Lines of progress in one answer: some 0.6 MB."""


def progress(payload: dict[str, Any], site: Site | None = None) -> dict[str, Any]:
    """Tells how runs stand and what is new of them.

    Args:
        payload: A ProgressRequest.
        site: Where; by default as the endpoint's environment says.

    Returns:
        A ProgressAnswer.
    """
    request = ProgressRequest.model_validate(payload)
    site = site or Site.from_environment()
    ask = sparing()
    for each in request.runs:
        site.run(each.run_id).renew()  # somebody waits for it: what it needs stays
    answer = ProgressAnswer(
        runs=tuple(status_of(site.run(each.run_id), each.position, _share(request), ask) for each in request.runs)
    )
    return answer.model_dump(mode="json")


def _share(request: ProgressRequest) -> int:
    """Returns how many lines each run may tell: an answer about many must stay small; the rest comes the next time."""
    return max(10, MOST_LINES // max(1, len(request.runs)))


def status_of(run: RunDir, position: int = 0, at_most: int = 500, ask: Ask | None = None) -> RunStatus:
    """Reads the status of one run from its directory.

    Side effects: A run that was lost with its Slurm job gets its report.
    """
    state = settle(run, run.state(), ask or sparing())  # first: what is read after it is at least as new
    lines, position = run.read_progress(position, at_most)
    ended = state is RunState.ENDED
    return RunStatus(
        run_id=run.run_id,
        state=state,
        heartbeat_age=run.heartbeat_age(),
        progress=lines,
        position=position,
        checkpoint=run.newest_checkpoint(),
        report=json.loads(run.report_path.read_bytes()) if ended else None,
    )


def cancel(payload: dict[str, Any], site: Site | None = None) -> dict[str, Any]:
    """Leaves the wish that runs end, or pause with a checkpoint. A run that has not begun will not.

    It makes the directory of a run that is not there, whatever its id: the run may still wait in a queue, of which
    this function knows nothing, and one that is cancelled before it begins must not begin.

    Args:
        payload: A StopRequest.
        site: Where.

    Returns:
        An empty object: what becomes of the wish, ``progress`` tells.
    """
    request = StopRequest.model_validate(payload)
    site = site or Site.from_environment()
    for run_id in request.runs:
        run = site.run(run_id)
        run.path.mkdir(parents=True, exist_ok=True)
        (run.pause_path if request.pause else run.cancel_path).touch()
    return {}


def release(payload: dict[str, Any], site: Site | None = None) -> dict[str, Any]:
    """Deletes what runs left behind but for spec and report, by which a late second delivery is known.

    A run that is being computed is kept whole.

    Args:
        payload: A ReleaseRequest.
        site: Where.

    Returns:
        ``{"kept": [...]}`` with the ids of those still computed.

    Raises:
        NotRegular: The directory of one is a link; those named before it are released.
    """
    request = ReleaseRequest.model_validate(payload)
    site = site or Site.from_environment()
    kept = []
    for run_id in request.runs:
        try:
            site.run(run_id).release()
        except RunBusy:
            kept.append(run_id)
    return {"kept": kept}


def receive(payload: dict[str, Any], site: Site | None = None) -> dict[str, Any]:
    """Unpacks an archive that has arrived, keeps its files by content, and deletes it.

    Args:
        payload: A ReceiveRequest.
        site: Where.

    Returns:
        An empty object: every file of the archive is kept now.
    """
    request = ReceiveRequest.model_validate(payload)
    receive_bundle(site or Site.from_environment(), request.bundle)
    return {}


def probe(payload: dict[str, Any], site: Site | None = None) -> dict[str, Any]:
    """Tells the site's state, and which of the named files it lacks.

    Side effects: Where the files are for a run, they stay here until it has ended.

    Args:
        payload: A ProbeRequest.
        site: Where.

    Returns:
        A SiteReport. Its ``versions.kraken`` is empty where the engine's environment is missing.
    """
    request = ProbeRequest.model_validate(payload)
    site = site or Site.from_environment()
    open_inbox(site)  # there before Transfer writes into it
    with suppress(NoKey):  # there before a compute node needs it, where the home may be read-only; a training complains
        make_key()
    try:
        found = engine_versions(site.kraken_python)
    except EngineMissing:
        found = versions()
    if request.run is not None:
        site.run(request.run).hold(request.blobs)  # before it is looked what is here: see cache/room.py
    memory = psutil.virtual_memory()
    report = SiteReport(
        time=time.time(),
        host=uname().nodename,
        versions=found,
        cpus=psutil.cpu_count() or 1,
        memory=memory.total,
        memory_free=memory.available,
        disk_free=shutil.disk_usage(site.root).free,
        missing=tuple(digest for digest in request.blobs if not site.blob(digest).is_file()),
        user_endpoints=user_endpoints(),
        account=_account(),
        cache=cache_of(site),
        **(_whole(site) if request.whole else {}),
    )
    return report.model_dump(mode="json")


def _account() -> str:
    """Returns the name of the account that answers; empty where it has none, as in some containers."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return ""


def _whole(site: Site) -> dict[str, Any]:
    """Returns what takes a while: the queue, and how much is kept."""
    with ThreadPoolExecutor(1) as thread:  # one is counted while the scheduler is asked
        counted = thread.submit(contents, site)
        queue = queue_report(site.queue) if site.queue else None
        return {"queue": queue, "contents": counted.result()}
