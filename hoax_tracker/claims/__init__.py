"""What every stage says of a claim: who may decide it, who holds it, whose it is, when it is due, how urgent it is."""
