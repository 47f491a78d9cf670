"""Waiting periods: who waits, who ends a wait, and every detour around them."""
