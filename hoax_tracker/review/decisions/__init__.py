"""What officers may do to claims: each act is one transaction."""
