"""The life of a model: files, registry, training labels, retraining and comparison."""
