"""``python -m armarius.functions.engine RUN_ID``: one run, from its spec to ``engine.json``."""

import logging
import os
import sys
import time

from armarius.functions.engine.control import listen


def main(run_id: str) -> None:
    """Performs the run; whatever happens, ``engine.json`` says how it ended.

    Side effects: everything in the run's directory; ends the process when the supervisor dies.

    Args:
        run_id: The run; its ``spec.json`` is there.
    """
    started = time.monotonic()
    pause = listen()

    from armarius.functions.claim import claimed
    from armarius.functions.contracts import Outcome, Phase
    from armarius.functions.engine.session import Paused, Session
    from armarius.functions.errors import Superseded
    from armarius.functions.faults import explain
    from armarius.functions.files import write_bytes
    from armarius.functions.frame import within
    from armarius.functions.handover import CANNOT_WRITE, SUPERSEDED
    from armarius.functions.site import Site

    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    site = Site.from_environment()
    run = site.run(run_id, claimed(os.environ))
    spec = run.spec()
    spec = spec.model_copy(update={"limits": within(spec.limits, os.environ)})  # as far as the allocation truly lasts
    session = Session(site, run, spec, pause, started)
    try:
        run.require_claim()
        run.engine_path.unlink(missing_ok=True)
        run.mend_progress()
        session.progress(Phase.PREPARING)
        if spec.task.is_of_pages:
            from armarius.functions.engine.pagework.leading import perform
        else:
            from armarius.functions.engine.tasks import perform
        perform(session)
    except Paused as paused:
        session.note(outcome=Outcome.PAUSED, reason=paused.reason)
    except Superseded:
        _leave(SUPERSEDED)
    except BaseException as fault:
        logging.getLogger(__name__).exception("the run failed")
        reason, message = explain(fault)
        session.note(outcome=Outcome.FAILED, reason=reason, message=message)
    try:
        run.require_claim()
        run.free_room()
        write_bytes(run.engine_path, session.end.canonical_json())
    except Superseded:
        _leave(SUPERSEDED)
    except OSError:
        logging.getLogger(__name__).exception("engine.json could not be written")
        _leave(CANNOT_WRITE)
    _leave(0)


def _leave(code: int) -> None:
    """Ends at once: all is said, and what CUDA or a loader still has to tidy up could hang."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    main(sys.argv[1])
