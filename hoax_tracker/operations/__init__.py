"""Setup and maintenance of the instance."""
