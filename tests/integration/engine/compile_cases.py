"""Runs in kraken's environment: compiles small datasets under difficult circumstances and prints what came of it."""

import hashlib
import io
import json
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from PIL import Image

from armarius.functions.cache import make_room
from armarius.functions.cache.marks import MARK
from armarius.functions.contracts import RunSpec, Split, Task
from armarius.functions.engine.compiled import Compiled, compile_dataset
from armarius.functions.errors import SiteError
from armarius.functions.files import write_bytes
from armarius.functions.site import Site
from support.synthetic_dataset import Drawn, draw_page, stage, texts


def drawn(name: str, **how: Any) -> list[Drawn]:
    return [draw_page(name, Split.TRAIN, texts(4, 1), **how)]


def told(_done: int, _total: int) -> None:
    """Says nothing."""


def lines(compiled: Compiled) -> list[int]:
    return [len(compiled.sizes(Split.TRAIN)), compiled.dataset_summary().dropped]


def two_at_once(site: Site) -> Any:
    """The second begins while the first is at work, and is faster."""
    dataset = stage(site, drawn("twice"))
    second = []

    def meanwhile(done: int, _total: int) -> None:
        if not second:
            second.append(compile_dataset(site, dataset, told))

    first = compile_dataset(site, dataset, meanwhile)
    return {"equal": first == second[0], "lines": lines(first), "left": len(list(first.path.parent.glob(".*")))}


def a_file_vanished(site: Site) -> Any:
    """Scratch file systems delete old files one by one."""
    dataset = stage(site, drawn("purged"))
    first = compile_dataset(site, dataset, told)
    first.file(Split.TRAIN).unlink()
    again = compile_dataset(site, dataset, told)
    return {"lines": lines(again), "there": again.file(Split.TRAIN).is_file()}


def no_boundaries(site: Site) -> Any:
    """kraken computes them."""
    return lines(compile_dataset(site, stage(site, drawn("bare", boundaries=False)), told))


def untranscribed_and_degenerate(site: Site) -> Any:
    """Lines without text are left out; a line that cannot be cut out is counted."""
    (one,) = drawn("odd")
    first, second, third, fourth = one.page.lines
    changed = (
        first.model_copy(update={"text": "  "}),
        second.model_copy(update={"text": None}),
        third.model_copy(update={"boundary": ((9000, 9000), (9100, 9000), (9100, 9050))}),
        fourth,
    )
    page = one.page.model_copy(update={"lines": changed})
    return lines(compile_dataset(site, stage(site, [Drawn(page, one.image)]), told))


def beyond_the_limit(site: Site) -> Any:
    """What was compiled goes as a whole, and only once no run needs it; then it is made again."""
    limited = replace(site, cache=0)
    pages = drawn("limited")
    dataset = stage(site, pages)
    place = compile_dataset(site, dataset, told).path
    os.utime(place / MARK, (0, 0))
    used = compile_dataset(site, dataset, told).path == place and (place / MARK).stat().st_mtime > 0
    run = site.run("needs")
    run.write_spec(RunSpec(run_id="needs", task=Task.TRAIN, dataset=dataset))
    make_room(limited)
    kept = place.is_dir() and site.blob(dataset).is_file()
    run.cancel_path.touch()
    make_room(limited)
    gone = not place.exists() and not site.blob(dataset).exists()
    return {"used": used, "kept": kept, "gone": gone, "lines": lines(compile_dataset(site, stage(site, pages), told))}


def refused(site: Site, dataset: str) -> Any:
    try:
        compile_dataset(site, dataset, told)
    except SiteError as error:
        return [error.reason.value, str(error)]
    return None


def an_image_of_another_size(site: Site) -> Any:
    (one,) = drawn("resized")
    image = one.page.image.model_copy(update={"width": one.page.image.width + 1})
    return refused(site, stage(site, [Drawn(one.page.model_copy(update={"image": image}), one.image)]))


def a_damaged_image(site: Site) -> Any:
    (one,) = drawn("damaged")
    dataset = stage(site, [one])
    write_bytes(site.blob(one.page.image.sha256), one.image[:-1])
    return [*refused(site, dataset), site.blob(one.page.image.sha256).exists()]


def a_decompression_bomb(site: Site) -> Any:
    dataset = stage(site, drawn("bomb"))
    allowed, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, 1000
    try:
        return refused(site, dataset)
    finally:
        Image.MAX_IMAGE_PIXELS = allowed


def an_image_that_is_a_program(site: Site) -> Any:
    """PostScript, for which Pillow would start ghostscript."""
    (one,) = drawn("program")
    content = io.BytesIO()
    Image.open(io.BytesIO(one.image)).save(content, "EPS")
    image = one.page.image.model_copy(update={"sha256": hashlib.sha256(content.getvalue()).hexdigest()})
    return refused(site, stage(site, [Drawn(one.page.model_copy(update={"image": image}), content.getvalue())]))


CASES: tuple[Callable[[Site], Any], ...] = (
    two_at_once,
    a_file_vanished,
    no_boundaries,
    untranscribed_and_degenerate,
    beyond_the_limit,
    an_image_of_another_size,
    a_damaged_image,
    a_decompression_bomb,
    an_image_that_is_a_program,
)


def main(root: str) -> None:
    sys.stdout.write(json.dumps({case.__name__: case(Site(Path(root) / case.__name__)) for case in CASES}))


if __name__ == "__main__":
    main(sys.argv[1])
