"""Cells of a table that others open in a spreadsheet: none of them runs as a formula."""

from __future__ import annotations

# Also in the wide letters of East Asia, which some spreadsheets read alike. A cell that is empty begins with none.
FORMULA_SIGNS = frozenset("=+-@\uff1d\uff0b\uff0d\uff20")
# Some spreadsheets drop these and read what follows.
DROPPED_SIGNS = frozenset("\t\r\n")


def safe_cell(value: object) -> object:
    """Return the value so that a spreadsheet does not run it as a formula, whatever blanks stand before it."""
    if not isinstance(value, str):
        return value
    is_formula = value.lstrip()[:1] in FORMULA_SIGNS
    return f"'{value}" if is_formula or value[:1] in DROPPED_SIGNS else value
