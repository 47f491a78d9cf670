"""Who may do what alone, with whom, and what happens until a second person has seen it.

Every act declares its class (``declared.py``): public, power, personal or desk. Public and power acts are proposals
(``proposals.py``) that another, independent person confirms (``confirmers.py``); the acts themselves are registered
by the part of the program that applies them (``acts.py``). The database refuses the same (``guards.py``). Which acts
about a claim belong to the unit in charge stands there, too.
"""

FACE = (
    "acts",
    "confirmers",
    "declared",
    "guards",
    "proposals",
    "row_acts",
)
"""The modules that other packages use; tests/test_imports.py refuses the others."""
