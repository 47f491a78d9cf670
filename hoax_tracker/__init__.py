"""Kupang Kabas Hoaks: feeds and citizens in, flagged claims, official clarifications out.

The folders are the way of an item: ``ingest/`` ``flag/`` ``review/`` ``clarify/`` ``check/``.
"""

import classifiers  # noqa: F401 - sets one thread for matrices, before any module here imports numpy

__version__ = "1.0.0"
