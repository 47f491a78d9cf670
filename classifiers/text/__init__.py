"""Read Indonesian and Kupang Malay: words, stems, names of the region, quantities, near-duplicates."""
