"""Asking a site's scheduler how its queue is: by the operator's own table, and within a second."""

from armarius.functions.queue.asking import queue_report
from armarius.functions.queue.table import QUEUE_VARIABLE, queue_table

__all__ = ["QUEUE_VARIABLE", "queue_report", "queue_table"]
