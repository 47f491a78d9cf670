"""Help on the officers' pages: three sentences a page, a tour, the words explained, a guide to print."""
