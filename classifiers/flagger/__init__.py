"""Is a text about the city, and is it misinformation? Training, scores and their reasons."""
