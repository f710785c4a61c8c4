"""Taking the place of the bodies of eScriptorium's tasks, and giving it back: of trainings, and of work on pages.

Celery's task annotations replace the body of a task and nothing else: its name, its queue, its reports and the pages
that start it stay as they are. There are two ways to switch it on.

A. Only the command of the worker that trains changes: ``celery -A armarius.client.escriptorium.worker worker -Q gpu``.
B. A line in the settings, ``CELERY_TASK_ANNOTATIONS = annotations(...)``: every worker has it, and the web
   server, which then writes each training down before its message is sent.
"""

from armarius.client.escriptorium.hooks.annotation import Annotation, annotations, install

__all__ = ["Annotation", "annotations", "install"]
