"""Plain scikit-learn models of texts about Kota Kupang: usable without the app, and knowing nothing of it."""
