"""The registry of what the audit log records: how each act is said, who did it, what it is looked for with.

Core knows none. Each domain registers its own when it is imported, and ``audit_log`` writes no act that nobody
registered. The program does not start with an act that is registered twice or has no words.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

SUBJECT = "%(what)s"


@dataclass(frozen=True)
class AuditAct:
    """An act: ``sentence`` follows the actor's name and holds ``%(what)s`` for the subject, if it has more than one.

    ``label`` is how the next editor of the same row reads it; an act without one does not count as an edit there.
    ``group`` is what it is looked for with, ``actor`` who did it where no officer is recorded. Administrators see acts
    of ``is_setup`` as the latest changes.
    """

    action: str
    sentence: Any
    label: Any = ""
    group: str = ""
    actor: Any = ""
    is_setup: bool = False

    @property
    def short(self) -> str:
        """Return the label, or else the sentence without its subject."""
        return str(self.label) or str(self.sentence).replace(SUBJECT, "").strip(" :")


ACTS: dict[str, AuditAct] = {}
"""Every registered act by its action."""


def register_acts(*acts: AuditAct, **common: Any) -> None:
    """Register acts, each with the fields of ``common`` that they share. Raises ValueError for one that is there."""
    for act in acts:
        if act.action in ACTS or not act.sentence:
            raise ValueError(f"act {act.action} is registered twice or has no sentence")
        ACTS[act.action] = replace(act, **common)


def edits_of(kind: str = "") -> dict[str, AuditAct]:
    """Return the acts that count as an edit of a row, by action; of one ``kind`` those that begin with it."""
    return {name: act for name, act in ACTS.items() if (act.label or act.is_setup) and name.startswith(kind)}
