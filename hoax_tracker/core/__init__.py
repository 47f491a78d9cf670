"""Infrastructure below the domain: it knows tables, and no rule of the product."""
