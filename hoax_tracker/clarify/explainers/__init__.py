"""Explainers: short lessons for residents, without a verdict."""
