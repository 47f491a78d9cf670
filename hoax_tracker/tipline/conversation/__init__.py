"""The conversation without rows: what a batch asks for, and how one reply is made of what is said."""
