"""Full-text search over all that officers may see, on both databases: claims, clarifications, reports, answers, items.

``index_tables`` defines and maintains the indexes; ``query_parser`` reads what was typed; ``filters`` reads the filters
of an address; ``queries`` asks the database; ``results`` builds what a page shows of a row.
"""

FACE = (
    "index_tables",
    "queries",
    "query_parser",
    "search_export",
)
"""The modules that other packages use; tests/test_imports.py refuses the others."""
