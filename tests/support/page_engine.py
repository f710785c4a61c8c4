"""An engine without kraken that does pages whenever a test lets it, on a site of this machine."""

from pathlib import Path

from support.scripted_engine import write_interpreter

PROGRAM = """
import json, os, sys, time
from pathlib import Path
if sys.argv[1] == "-c":
    print(json.dumps({{"kraken": "7.1.1", "torch": "2.9.1", "armarius": "0.1.0"}}))
    sys.exit()
from armarius.functions.claim import claimed
from armarius.functions.contracts import PageResult, Phase, Progress
from armarius.functions.engine.control import listen
from armarius.functions.files import write_bytes
from armarius.functions.handover import EngineEnd
from armarius.functions.site import Site

CONTROL = Path({control!r})
pause = listen()
site = Site.from_environment()
run = site.run(sys.argv[3], claimed(os.environ))
spec = run.spec()
pages = site.manifest(spec.dataset).pages

def end(**fields):
    write_bytes(run.engine_path, EngineEnd(kraken="7.1.1", torch="2.9.1", **fields).canonical_json())
    sys.exit()

run.sweep_pages()
known = {{*spec.pages.skip, *(page.number for page in run.page_results())}}
for number, page in enumerate(pages):
    if number in known:
        continue
    while not (CONTROL / "all").exists() and len(list(CONTROL.glob("done-*"))) >= {first}:
        if pause.wait(0.05):
            end(outcome="paused", reason="asked")
    texts = {{form: f"{{form}} of {{page.image.sha256}}" for form in spec.pages.formats}}
    told = PageResult(
        number=number, page=page.name, image=page.image.sha256, run_id=run.run_id, lines=1, seconds=0.1
    )
    result = run.record_page(told, texts)
    (CONTROL / f"done-{{page.image.sha256}}").open("a").write(run.run_id + "\\n")
    run.append_progress(Progress(
        at=time.time(), phase=Phase.READING, step=number + 1, steps_per_epoch=len(pages), page=result
    ))
end(outcome="finished")
"""


def write_page_engine(folder: Path, first: int) -> Path:
    """Writes the program, and returns what is to be the site's interpreter.

    It does some pages at once and the others when the folder holds a file ``all``; for each page that it does, it adds
    the run to a file ``done-SHA256``.

    Args:
        folder: Where it is, and is told what to do.
        first: Pages that it does at once.
    """
    return write_interpreter(folder, PROGRAM.format(control=str(folder), first=first))
