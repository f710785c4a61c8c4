"""``python -m cluster FOLDER`` (or ``make cluster``): a cluster for a person, until Ctrl-C."""

import argparse
import signal
import sys
import tempfile
from pathlib import Path
from threading import Event

import click

from cluster.slurm import SlurmCluster, why_no_accounting, why_no_cluster

_WELCOME = """\
The Slurm cluster {name} runs: partitions cpu ({cpu}), gpu ({gpu}), and scavenge, whose jobs the
others preempt. Memory is watched by: {cgroups}. Accounts: {accounts}. In another terminal:

  export SLURM_CONF={conf}
  sinfo
  srun --partition=gpu --gres=gpu:1 env | grep CUDA_VISIBLE_DEVICES
  sbatch --partition=scavenge --wrap 'sleep 600'

Everything that it writes is in {folder}. Ctrl-C ends the cluster and all its jobs; a second one can run beside it."""


def main() -> None:
    """Runs a cluster until it is told to end."""
    parser = argparse.ArgumentParser(prog="python -m cluster", description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", help="where it keeps everything; by default a new one in /tmp")
    parser.add_argument("--name", default="alpha", help="what its name begins with")
    parser.add_argument("--account", action="append", default=[], help="one that jobs may name: starts slurmdbd")
    options = parser.parse_args()
    if reason := why_no_accounting() if options.account else why_no_cluster():
        sys.exit(reason)
    stop = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    folder = options.folder or Path(tempfile.mkdtemp(prefix="armarius-slurm-"))
    with SlurmCluster(folder, options.name, accounts=options.account).running() as cluster:
        click.echo(
            _WELCOME.format(
                name=cluster.name,
                cpu=", ".join(cluster.cpu_nodes),
                gpu=cluster.gpu_node,
                cgroups="cgroup v1, as on a real one"
                if cluster.cgroups.value == "v1"
                else "sampling; no OUT_OF_MEMORY",
                accounts=", ".join(cluster.accounts) or "none, any will do",
                conf=cluster.layout.conf,
                folder=cluster.folder,
            )
        )
        stop.wait()
        click.echo("Ending it …")


if __name__ == "__main__":
    main()
