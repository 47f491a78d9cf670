"""Fast retrieval of candidate pages for a message: postings and their files."""
