"""Finding the pages that could answer a message, fast: words, vectors, and the file that holds both."""
