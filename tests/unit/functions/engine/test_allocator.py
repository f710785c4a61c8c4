"""What was given back stays with the process. Each case has a process of its own: the setting cannot be taken back."""

import platform
import subprocess
import sys

import pytest

BLOCK = 64 << 20
SCRIPT = f"""
import resource, sys
from armarius.functions.engine.allocator import keep_memory

def resident():
    with open("/proc/self/statm") as source:
        return int(source.read().split()[1]) * resource.getpagesize()

if sys.argv[1] == "keep":
    assert keep_memory()
block = bytearray({BLOCK})
block[::4096] = b"x" * len(block[::4096])
full = resident()
del block
print(full - resident())
"""


def given_back(how: str) -> int:
    """Returns the bytes that a process has less after it has deleted a large block."""
    done = subprocess.run([sys.executable, "-c", SCRIPT, how], capture_output=True, text=True, check=True)
    return int(done.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc has these settings")
def test_a_large_block_is_kept_for_the_next_step() -> None:
    assert given_back("as it is") > BLOCK // 2
    assert given_back("keep") < BLOCK // 2
