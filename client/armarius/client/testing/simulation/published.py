"""What is published of real clusters, and what of it a simulated world is made of. Nothing else here is measured.

Waits. Mean seconds of jobs of one to four nodes at two computing centres, CSCS and sciCORE: S. Heinen, M. Schwilk,
G. F. von Rudorff and O. A. von Lilienfeld, "Machine learning the computational cost of quantum chemistry"
(https://github.com/ferchault/mlscheduling, ``data/waittimes.txt``). Mean seconds of GPU jobs in the four clusters of
SenseTime's Helios, over six months and 1.6 million jobs: Q. Hu, P. Sun, S. Yan, Y. Wen and T. Zhang, "Characterization
and prediction of deep learning workloads in large-scale GPU datacenters", SC '21
(https://github.com/S-Lab-System-Group/HeliosArtifact, ``helios_cluster_summary.csv``, ``avg_que_time_gpu``). The median
there is 0 in all four: more than half of the jobs do not wait at all.

Queues. How often a queue is empty, how slowly it changes and how much it varies while it is not: counted from the GPU
jobs that were pending in each full hour of May 2020 in the same authors' minutely records of the Earth cluster
(``analysis/2_cluster characterization/Earth_vcs``), of the eight queues that were not empty for a tenth of the time.

Jobs. How long they compute, and at what time of the day they come: the model of U. Lublin and D. G. Feitelson, "The
workload on parallel supercomputers: modeling the characteristics of rigid jobs", J. Parallel Distrib. Comput. 63
(2003), with its parameters for batch jobs of one node, as GridSim's port of the authors' program has them.
"""

MEAN_WAITS = (1054.0, 1253.0, 6270.0, 319.0, 9431.0, 751.0, 612.0, 9004.0, 2592.0, 543.0, 1949.0, 1432.0, 222.0, 188.0)
"""Seconds: five of CSCS, five of sciCORE (none next to nothing, none of half a day), the four clusters of Helios."""

EMPTY = (0.45, 0.77, 0.82, 0.77, 0.85, 0.64, 0.23, 0.88)
"""The share of the hours in which nobody waits, of each of the eight queues."""

MEMORY = 0.87
"""The correlation of a queue (the logarithm of 1 + its pending jobs) with itself an hour later: the median of the
eight, which are between 0.83 and 0.95."""

SPREAD = 0.55
"""Standard deviation of the logarithm of the pending jobs where there are any: the median of the eight (0.35 to
0.64)."""

SHORT = (6.57, 0.823)
LONG = (639.1, 0.0156)
"""Shape and scale of the two gamma distributions of the logarithm of a job's seconds."""

SHORT_SHARE = 0.6986 - 0.003
"""How many of the jobs of one node are of the first."""

LONGEST = 12.0
"""A greater logarithm is drawn again: no job is longer than 45 hours."""

TIME_OF_DAY = (6.1271, 5.2740)
"""Shape and scale of the gamma distribution of the half hour in which a job comes, from midnight on."""
