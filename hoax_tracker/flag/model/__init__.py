"""The life of a model: its file, registry, training labels, retraining and comparison."""
