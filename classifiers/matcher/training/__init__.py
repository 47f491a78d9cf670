"""Fits the models of matching and measures them; nothing here runs in the product."""
