import os
import subprocess
import sys

from armarius.functions.engine.control import ORPHANED

PROGRAM = """
from armarius.functions.engine.control import listen
pause = listen()
pause.wait()
print("pausing", flush=True)
import threading; threading.Event().wait()
"""


def test_a_line_pauses_and_the_end_of_the_pipe_ends_the_process() -> None:
    process = subprocess.Popen([sys.executable, "-c", PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    with process.stdout, process.stdin as pipe:
        os.write(pipe.fileno(), b"something else\npau")
        os.write(pipe.fileno(), b"se\n")
        assert process.stdout.readline() == b"pausing\n"
        pipe.close()
        assert process.wait(20) == ORPHANED
