"""Computes a run as a machine of its own does, on a file system where locks end at its border.

``python compute_elsewhere.py ROOT KRAKEN_PYTHON RUN_ID MACHINE``; the spec is there. Says how it ended.
"""

import os
import sys
from pathlib import Path
from types import SimpleNamespace

from armarius.functions import claim, rundir, supervisor
from armarius.functions.errors import RunBusy, Superseded
from armarius.functions.site import Site
from armarius.functions.supervisor import supervise


def main() -> None:
    root, python, run_id, machine = sys.argv[1:]
    rundir.flock = lambda *_: None
    os.uname = lambda: SimpleNamespace(nodename=machine)
    claim.QUIET_SECONDS = 2.0
    supervisor.BEAT_SECONDS = 0.1
    site = Site(Path(root), Path(python))
    try:
        sys.stdout.write(f"{supervise(site, site.run(run_id).spec()).outcome.value}\n")
    except (RunBusy, Superseded) as error:
        sys.stdout.write(f"{type(error).__name__}\n")


if __name__ == "__main__":
    main()
