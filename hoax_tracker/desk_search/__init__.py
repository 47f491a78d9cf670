"""Words found in everything that officers may see, on both databases: claims, clarifications, reports, answers, items.

``tables`` says which columns are looked through and keeps the index with them; ``words`` reads what somebody typed;
``wanted`` the filters of an address; ``finding`` asks the database; ``hits`` is what a page shows of a row.
"""
