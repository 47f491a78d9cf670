"""Rules about claims that every stage shares: who may decide, locks, assignment, deadlines, priority."""
