"""Text classifiers for Kota Kupang: a flagger and a matcher. They import neither Flask nor ``hoax_tracker``."""

import os

# The matrices are small, so a second BLAS thread waits longer than it works. numpy reads these variables on its first
# import.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
