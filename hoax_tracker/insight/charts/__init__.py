"""Figures as drawings and sentences: what a page shows of them beside their tables."""
