"""eScriptorium's "Segment" and "Transcribe" buttons, done by the pool.

eScriptorium sends a task for each page, or for a few. None of them waits for a cluster: a body writes its task down and
returns, and the tasks that were pressed together become one job. When its pages are home they are written back, each
page in one transaction that leaves its mark, so that none is written twice.
"""
