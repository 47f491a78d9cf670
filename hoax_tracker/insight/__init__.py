"""What the city's work adds up to: figures over time, how they are drawn, and the pages that show them."""
