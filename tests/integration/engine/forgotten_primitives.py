"""Computes a convolution three times, and lets oneDNN say on the standard output how it came by the way to do so."""

import sys

import torch

from armarius.functions.engine.allocator import forget_primitives

if sys.argv[1] == "forget":
    forget_primitives()
convolution, lines = torch.nn.Conv2d(32, 64, 3), torch.rand(4, 32, 64, 200)
with torch.backends.mkldnn.verbose(torch.backends.mkldnn.VERBOSE_ON_CREATION):
    for _ in range(3):
        convolution(lines)
