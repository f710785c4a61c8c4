"""What engines do, in the words of :mod:`unit.functions.registered.fake_engine`."""

PAUSES = """
assert sys.stdin.readline() == "pause\\n"
end(outcome="paused", reason="asked", message="A checkpoint is written.")
"""
DEAF = "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
