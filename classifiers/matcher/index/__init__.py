"""Fast retrieval of candidate pages for a message: postings, vectors, and their files."""
