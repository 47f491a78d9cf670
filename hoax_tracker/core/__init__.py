"""Infrastructure below the domain. It knows the tables but none of the product's rules."""
