"""Paths of files outside the packages, and what the history of the repository holds."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VERSIONS = "hoax_tracker/migrations/versions"


def git(*arguments: str) -> bytes:
    """The output of git in this repository; b"" where it fails."""
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, check=False).stdout


def migrations_in(names: Iterator[str]) -> list[str]:
    """The names of migrations in their order."""
    return sorted(name for name in names if name[:4].isdecimal())


def commit_before_newest_migration() -> str | None:
    """The newest commit whose migrations are ours without the last ones; None where the history is not here."""
    ours = migrations_in(path.name for path in (ROOT / VERSIONS).glob("*.py"))
    for commit in git("rev-list", "--first-parent", "HEAD", "--", VERSIONS).decode().split()[:40]:
        names = git("ls-tree", "--name-only", f"{commit}^:{VERSIONS}").decode().split()
        older = migrations_in(iter(names))
        if older and len(older) < len(ours) and older == ours[: len(older)]:
            return f"{commit}^"
    return None
