"""Training steps as the engine computes them, beside kraken's own; prints what it found as JSON."""

import copy
import json
import os
import resource
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from kraken.models import create_model

from armarius.functions.contracts import Limits
from armarius.functions.engine.choosing import Wish
from armarius.functions.engine.device import Processor, device_of
from armarius.functions.engine.kinds import kind_of
from armarius.functions.engine.reader import LineReader
from armarius.functions.engine.recurrent import at_once
from armarius.functions.engine.session import Session
from armarius.functions.engine.settling import in_one_pass
from armarius.functions.engine.tasks import _prepare
from armarius.functions.engine.trying import Trials
from armarius.functions.site import Site

SPEC = "[1,48,0,1 Cr3,3,16 Mp2,2 Cr3,3,32 Mp2,2 S1(1x0)1,3 Lbx64 O1c20]"


NETS = {"both ways": "Lbx64", "onward": "Lfx64", "normalised": "Gn8 Lbx32 Lbx32"}
LINES = {"one": (400,), "even": (320, 320), "uneven": (448, 331, 96, 40), "in no order": (60, 384, 200)}
"""The widest is as wide as a batch may be: its padding would else reach through convolutions into its end."""
RECURRENT = "[1,48,0,1 S1(1x0)1,3 Lbx16 Lfx16 O1c20]"
"""Without convolutions, through which nothing reaches."""
TEXT = 4


def steps() -> dict[str, dict[str, float]]:
    """Trains a step as kraken does and as we do; tells how far loss and gradients are apart, the greatest being 1."""
    found = {
        f"{kind}, {name}": _apart_from_kraken(SPEC.replace("Lbx64", layers), widths)
        for kind, layers in NETS.items()
        for name, widths in LINES.items()
    }
    return {**found, "padded further": _apart_from_kraken(RECURRENT, (400, 331, 96, 40))}


def _apart_from_kraken(spec: str, widths: tuple[int, ...]) -> dict[str, float]:
    reader = _reader(spec)
    batch = _batch(widths)
    output, ends = reader.net(batch["image"], batch["seq_lens"])
    letters = output.log_softmax(1).squeeze(2).permute(2, 0, 1)
    theirs = _gradients(reader.net, reader.net.criterion(letters, batch["target"], ends, batch["target_lens"]))
    at_once(reader.net)
    ours = _gradients(reader.net, reader.training_step(batch, 0))
    return {name: float((ours[name] - theirs[name]).abs().max() / theirs[name].abs().max()) for name in theirs}


def _gradients(net: Any, loss: torch.Tensor) -> dict[str, torch.Tensor]:
    net.zero_grad()
    loss.backward()
    return {"loss": loss.detach(), **{name: weight.grad.clone() for name, weight in net.named_parameters()}}


def _reader(spec: str) -> Any:
    torch.manual_seed(0)
    reader = LineReader.__new__(LineReader)
    torch.nn.Module.__init__(reader)
    reader.net = create_model("TorchVGSLModel", model_type=["recognition"], vgsl=spec)
    reader.net.init_weights()
    return reader


def _batch(widths: tuple[int, ...]) -> dict[str, torch.Tensor]:
    """Returns lines that end in background, as kraken makes a batch."""
    lines = torch.zeros(len(widths), 1, 48, max(widths))
    for line, width in zip(lines, widths, strict=True):
        line[..., :width] = torch.rand(1, 48, width)
    return {
        "image": lines,
        "seq_lens": torch.tensor(widths),
        "target": torch.randint(1, 20, (len(widths) * TEXT,)),
        "target_lens": torch.full((len(widths),), TEXT),
    }


def arithmetic() -> dict[str, Any]:
    """Tells in what the layers of a training step in 16 bits compute, even lines and uneven ones."""
    reader = _reader(SPEC)
    seen: set[tuple[str, str]] = set()
    for layer in reader.net.modules():
        if isinstance(layer, (torch.nn.LSTM, torch.nn.Conv2d)):
            kind = type(layer).__name__
            layer.register_forward_hook(lambda _layer, _given, made, kind=kind: seen.add((kind, _dtype(made))))
    at_once(reader.net)
    with torch.autocast("cpu", torch.bfloat16):
        losses = [reader.training_step(_batch(widths), 0) for widths in LINES.values()]
        still = torch.is_autocast_enabled("cpu")
    return {"seen": sorted(seen), "losses": [str(loss.dtype) for loss in losses], "still": still}


def _dtype(made: Any) -> str:
    return str((made[0] if isinstance(made, tuple) else made).dtype)


def one_pass() -> dict[str, Any]:
    """Steps with each of kraken's optimizers as it is, and beside it with its state taken over in mid-training."""
    return {name: _apart(name) for name in ("Adam", "AdamW", "SGD", "RMSprop")}


def _apart(name: str) -> dict[str, Any]:
    """Returns how far two optimizers came apart, and whether the second was said to go over the weights once."""
    torch.manual_seed(0)
    plain = torch.nn.Linear(40, 50)
    other = copy.deepcopy(plain)
    first, second = (getattr(torch.optim, name)(net.parameters(), lr=0.01) for net in (plain, other))
    for step in range(6):
        for here, there in zip(plain.parameters(), other.parameters(), strict=True):
            here.grad = torch.randn_like(here)
            there.grad = here.grad.clone()
        if step == 3:
            second.load_state_dict(copy.deepcopy(first.state_dict()))
            in_one_pass([second])
        first.step()
        second.step()
    pairs = zip(plain.parameters(), other.parameters(), strict=True)
    apart = max(float((here - there).abs().max()) for here, there in pairs)
    return {"apart": apart, "one pass": bool(second.param_groups[0].get("fused"))}


def too_much(run_id: str) -> dict[str, Any]:
    """Tries all lines at once with too little memory for them, and then a single one."""
    site = Site.from_environment()
    run = site.run(run_id)
    session = Session(site, run, run.spec(), threading.Event(), time.monotonic())
    kind = kind_of(session)
    trials = Trials(session, kind, kind.module(None), _prepare(session, kind))
    one = Wish(1, "32-true")
    before = trials(one)
    room = _virtual() + 100_000_000
    resource.setrlimit(resource.RLIMIT_AS, (room, resource.RLIM_INFINITY))
    failed = trials(Wish(trials.lines, "32-true"))
    again = trials(one)
    return {"before": before.epoch_seconds, "failed": failed.epoch_seconds, "again": again.epoch_seconds}


def gpus() -> list[dict[str, Any]]:
    """Asks for the device of a run with a GPU, where torch is made to say that there is one: a new one, and an old."""
    found = []
    said: list[str] = []
    torch.cuda.memory_reserved = lambda: 3
    torch.cuda.max_memory_reserved = lambda: 7
    torch.cuda.empty_cache = lambda: said.append("emptied")
    torch.cuda.reset_peak_memory_stats = lambda: said.append("forgotten")
    for native in (True, False):
        torch.cuda.is_bf16_supported = lambda including_emulation, native=native: native or including_emulation
        device = device_of(Limits(gpus=1))
        device.forget_peak()
        found.append({"precisions": device.precisions, "used": device.used(), "peak": device.peak()})
    return [*found, {"said": said}]


def processor() -> dict[str, int]:
    """Measures the peak of main memory, and forgets it."""
    device = device_of(Limits())
    taken = bytearray(400_000_000)
    before = device.peak()
    del taken
    device.forget_peak()
    return {"before": before, "after": device.peak(), "used": device.used()}


def halves(folder: str) -> dict[str, Any]:
    """Asks processors of several kinds for their arithmetic."""
    kinds = {
        "epyc": "processor : 0\nflags\t\t: fpu avx512f avx512_bf16 sse\n",
        "arm": "processor : 0\nFeatures\t: fp asimd i8mm bf16\n",
        "old": "flags\t\t: fpu sse avx2\nbugs\t: bf16\n",
    }
    found = {}
    for name, text in kinds.items():
        (Path(folder) / name).write_text(text)
        found[name] = Processor(Path(folder) / name).precisions
    return {**found, "unknown": Processor(Path(folder) / "missing").precisions}


def _virtual() -> int:
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()


CASES: dict[str, Callable[..., Any]] = {
    "steps": steps,
    "arithmetic": arithmetic,
    "one pass": one_pass,
    "too much": too_much,
    "gpus": gpus,
    "processor": processor,
    "halves": halves,
    "offered": lambda: Processor().precisions,
}


if __name__ == "__main__":
    found = CASES[sys.argv[1]](*sys.argv[2:])
    sys.stdout.write(json.dumps(found) + "\n")
    sys.stdout.flush()
    os._exit(0)
