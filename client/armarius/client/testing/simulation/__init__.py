"""A simulator: the real placement and the real ``advance``, a fake clock, and sites in a world that is drawn once.

Every way to place jobs meets the same queues, speeds and faults.
"""
