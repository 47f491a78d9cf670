"""What README.md quotes is measured here: ``python -m benchmarks`` (or ``make bench``)."""
