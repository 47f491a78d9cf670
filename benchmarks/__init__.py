"""What docs/benchmarks.md quotes is measured here: ``python -m benchmarks`` (or ``make bench``)."""

import classifiers  # noqa: F401 - sets one thread for matrices, as in the product, before numpy is imported
