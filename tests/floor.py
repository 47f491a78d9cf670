"""Check the coverage of the tests against its floor: ``make coverage``, after runs with COVERAGE=1.

The floor, ``fail_under`` in pyproject.toml, only rises. The gate fails below it, and well above it until the floor is
raised. The figure counts lines and branches.
"""

from __future__ import annotations

import math
import sys

from coverage import Coverage

# How far above the floor is still the same: which data hypothesis thinks of differs from run to run.
SLACK = 1.5


def coverage_trouble(measured: float, floor: float) -> str:
    """Return what is wrong with the figure (both in percent), or ""."""
    if measured < floor:
        return f"coverage fell to {measured:.2f} %, below the floor of {floor:g} %: test what is new"
    if measured >= floor + SLACK:
        return (
            f"coverage rose to {measured:.2f} %: raise the floor (fail_under, pyproject.toml) to {math.floor(measured)}"
        )
    return ""


def main() -> int:
    """Combine the figures of all processes, print them, and return the exit code."""
    measured = Coverage()
    measured.combine()
    measured.save()
    total = measured.report(file=sys.stdout)
    measured.erase()
    wrong = coverage_trouble(total, float(measured.get_option("report:fail_under") or 0))  # type: ignore[arg-type]
    print(wrong or f"coverage: {total:.2f} %")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
