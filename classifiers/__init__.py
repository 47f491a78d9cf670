"""Plain scikit-learn models of texts about Kota Kupang: usable without the app, and knowing nothing of it."""

import os

# Matrices here are small: a second thread waits longer than it works, and eight requests at once would start sixteen.
# Read by numpy when it is first imported, so it is set before.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
