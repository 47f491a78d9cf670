"""JSON faces of the stages, for machines."""
