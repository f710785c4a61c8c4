"""The life of a training: one process takes all of them further, and tells their users.

The body of a task only writes the training down, so no worker waits for it. The computing is the driver's, as for every
job; the *clerk* looks at what came of it about once a second, for all trainings at once, and tells eScriptorium:
events, notifications, reports, versions, the model. It asks nobody but the journal and eScriptorium's database, so it
may die at any moment and begin again: what it does for a training it can do twice.

They run in a process of their own that a worker starts beside itself, not in a thread of the worker: a prefork worker
forks children whenever one was revoked, and a fork in the middle of what other threads do (Parsl, connections) is not
safe. Nor may a prefork worker's children have children, which the computing on this machine needs.
"""
