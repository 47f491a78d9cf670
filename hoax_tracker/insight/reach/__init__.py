"""How far a clarification reached: its figures, in words, drawn."""
