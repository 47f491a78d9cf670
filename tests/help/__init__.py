"""Tests of the officers' help."""
