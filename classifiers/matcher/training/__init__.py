"""Training and evaluation of the matcher's models; the product does not import it."""
