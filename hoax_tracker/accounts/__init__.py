"""People, units and roles: who may sign in, and what administrators keep."""
