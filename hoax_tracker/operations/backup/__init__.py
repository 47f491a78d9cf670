"""Complete, verified copies of an instance."""
