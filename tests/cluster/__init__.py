"""Real Slurm clusters on the loopback interface, for tests and for people; see README.md."""
