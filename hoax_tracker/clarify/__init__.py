"""Clarifications: draft, approve, publish, correct, retract."""
