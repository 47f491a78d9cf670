"""Sign-on with identity providers."""
