"""An engine without kraken that does an epoch or a page whenever a test lets it, on a site of this machine."""

import sys
from pathlib import Path
from shlex import quote

PROGRAM = """
import json, os, sys, threading, time
from pathlib import Path
if sys.argv[1] == "-c":
    print(json.dumps({{"kraken": "7.1.1", "torch": "2.9.1", "armarius": "0.1.0"}}))
    sys.exit()
from armarius.functions.claim import claimed
from armarius.functions.contracts import Epoch, EpochModel, Metrics, ModelFile, Phase, Progress
from armarius.functions.engine.control import listen
from armarius.functions.files import sha256_of, write_bytes
from armarius.functions.handover import EngineEnd
from armarius.functions.site import Site

CONTROL = Path({control!r})
pause = listen()
run = Site.from_environment().run(sys.argv[3], claimed(os.environ))
spec = run.spec()
(CONTROL / "starts").open("a").write(run.run_id + "\\n")

def end(**fields):
    write_bytes(run.engine_path, EngineEnd(kraken="7.1.1", torch="2.9.1", **fields).canonical_json())
    sys.exit()

def written(name, form, content):
    path = run.path / "models" / (name + "." + form)
    write_bytes(path, content)
    return {{"path": f"models/{{path.name}}", "format": form, "sha256": sha256_of(path), "size": len(content)}}

def wait_for(name):
    while not (CONTROL / name).exists() and not (CONTROL / f"{{spec.dataset[:8]}}-{{name}}").exists():
        if pause.wait(0.05):
            end(outcome="paused", reason="asked")
        if (CONTROL / "fail").exists():
            end(outcome="failed", reason="bad_data", message="A page holds nothing.")

if spec.pages:
    from armarius.functions.contracts import PageResult
    site = Site.from_environment()
    pages = site.manifest(spec.dataset).pages
    done = {{result.number for result in run.page_results()}} | set(spec.pages.skip)
    for number in (each for each in range(len(pages)) if each not in done):
        wait_for(f"page-{{number + 1}}")
        texts = {{form: (CONTROL / form).read_text() for form in spec.pages.formats}}
        for form in texts:
            for place, line in enumerate(pages[number].lines[:2], 1):
                texts[form] = texts[form].replace(f'"line-{{place}}"', f'"@{{line.id}}"')
            texts[form] = texts[form].replace('"@', '"')
        result = PageResult(number=number, page=pages[number].name, image=pages[number].image.sha256,
                            run_id=run.run_id, lines=2, seconds=6)
        run.append_progress(Progress(at=time.time(), phase=Phase.READING, step=number + 1, steps_per_epoch=len(pages),
                                     page=run.record_page(result, texts)))
    end(outcome="finished")

epochs, models = [], []
for number in range(1, {epochs} + 1):
    wait_for(f"epoch-{{number}}")
    given = dict(at=time.time(), epoch=number, step=10 * number)
    accuracy = 0.5 + number / 100
    epochs.append(Epoch(number=number, step=10 * number, loss=1.0, accuracy=accuracy, seconds=0.1))
    run.append_progress(Progress(phase=Phase.TRAINING, ends_epoch=True, accuracy=accuracy, seconds_left=60, **given))
    if spec.epoch_models:
        file = written(f"epoch_{{number}}", spec.epoch_models, f"epoch {{number}}".encode())
        models.append(EpochModel(run_id=run.run_id, epoch=number, accuracy=accuracy, **file))
        run.append_progress(Progress(phase=Phase.WRITING, model=models[-1], **given))
wait_for("finish")
best = tuple(ModelFile(**written("best", form, f"best {{form}}".encode())) for form in ("safetensors", "mlmodel"))
better = None if spec.model is None else not (CONTROL / "no-better").exists()
end(outcome="finished", epochs=epochs, best_epoch=len(epochs), models=best, epoch_models=models, improved=better)
"""


def write_engine(folder: Path, epochs: int = 2) -> Path:
    """Writes the program, and returns what is to be the site's interpreter.

    It begins an epoch when the folder holds a file ``epoch-N``, ends with ``finish`` or ``fail``, and notes its runs in
    ``starts``. Before each name may stand the first eight letters of a dataset and a dash. The page N of work on pages
    it does when there is ``page-N``: it gets what is in the file that is called as the format.
    """
    return write_interpreter(folder, PROGRAM.format(control=str(folder), epochs=epochs))


def write_interpreter(folder: Path, text: str) -> Path:
    """Writes a program, and what runs it whatever it is asked for: a site's interpreter."""
    folder.mkdir(parents=True, exist_ok=True)
    program, python = folder / "engine.py", folder / "python"
    program.write_text(text)
    python.write_text(f'#!/bin/sh\nexec {quote(sys.executable)} {quote(str(program))} "$@"\n')
    python.chmod(0o755)
    return python
