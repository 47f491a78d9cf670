"""Tests of narratives."""
