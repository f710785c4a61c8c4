"""Figures for Prometheus: how jobs, runs, sites and the ways to them fare. What drives jobs imports nothing of it.

It watches from outside: wrappers around the ports, a witness of the journal, and a look at the journal when somebody
asks for the figures. No job, run or person is ever a label.
"""
