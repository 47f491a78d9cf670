"""A decision becomes a clarification: draft, approve, publish, correct, retract."""
