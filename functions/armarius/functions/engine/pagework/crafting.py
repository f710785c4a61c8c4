"""What a worker can do: its models, and the pages that it may be asked for."""

import logging
import os
from dataclasses import dataclass
from typing import Any

import torch

from armarius.functions.contracts import Manifest, RunSpec
from armarius.functions.engine.allocator import keep_memory
from armarius.functions.engine.device import Gpu, Processor
from armarius.functions.engine.pagework.loaded import Loaded, load
from armarius.functions.engine.pagework.message import Answer, Order
from armarius.functions.engine.pagework.page import do_page
from armarius.functions.engine.pagework.quicker import put_in_place
from armarius.functions.faults import explain
from armarius.functions.frame import GPU_CONTEXT, gpu_share
from armarius.functions.site import Site


@dataclass
class Craft:
    """A worker's models and pages.

    Attributes:
        first_word: That it is ready, or why it never will be.
    """

    first_word: Answer
    _site: Site
    _spec: RunSpec
    _manifest: Manifest | None = None
    _loaded: Loaded | None = None
    _gpu: int | None = None

    @property
    def is_able(self) -> bool:
        """Whether it can do pages."""
        return self.first_word.reason is None

    @classmethod
    def learn(cls, run_id: str, gpu: int | None) -> "Craft":
        """Loads a run's models, once, with the processor set to what makes them fastest.

        Denormal numbers, of which the maps of some pages are full, slow a processor down. A sixth of the time goes
        into memory that is given back to the kernel and asked for again, for each layer of the network; a third or
        more into outlines, which the folder ``quicker`` computes otherwise (``benchmarks/README.md``).

        Args:
            run_id: The run.
            gpu: The number of the GPU, or None.
        """
        logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(levelname)s %(message)s")
        torch.set_flush_denormal(True)
        keep_memory()
        put_in_place()
        if gpu is not None and torch.cuda.is_available():
            Gpu(gpu_share(os.environ), gpu)  # so that no neighbour runs out of memory
        site = Site.from_environment()
        run = site.run(run_id)
        spec = run.spec()
        try:
            manifest = site.manifest(spec.dataset)
            loaded = load(site, run, spec, manifest.text_direction, gpu)
        except Exception as error:
            logging.getLogger(__name__).exception("the models cannot be loaded")
            reason, message = explain(error)
            return cls(Answer(reason=reason, message=message), site, spec)
        return cls(Answer(**_memory(gpu)), site, spec, manifest, loaded, gpu)

    def do(self, order: str) -> Answer:
        """Does a page."""
        assert self._manifest is not None and self._loaded is not None  # noqa: S101 - it is able
        wanted = Order.model_validate_json(order)
        torch.set_num_threads(wanted.threads)
        answer = do_page(self._site, self._manifest, wanted.number, self._spec.task, self._loaded)
        return answer.model_copy(update=_memory(self._gpu))


def _memory(gpu: int | None) -> dict[str, Any]:
    told: dict[str, Any] = {"memory": Processor().peak()}
    if gpu is None:
        return told
    reserved = int(torch.cuda.max_memory_reserved(gpu))
    whole = int(torch.cuda.get_device_properties(gpu).total_memory)
    return told | {
        "gpu_memory": reserved + GPU_CONTEXT if reserved else 0,
        "gpu_whole": min(whole, gpu_share(os.environ) or whole),
    }
