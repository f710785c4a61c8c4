"""Drives a job and dies by SIGKILL as soon as it is in a state. Arguments: the job, the state."""

import os
import signal
import sys

from armarius.client import Pool
from armarius.client.journal import JobRow


def main() -> None:
    job_id, state = sys.argv[1:]

    def seen(row: JobRow) -> None:
        if row.state.value == state:
            os.kill(os.getpid(), signal.SIGKILL)

    with Pool.from_config() as pool:
        pool.job(job_id).wait(seen)


if __name__ == "__main__":
    main()
