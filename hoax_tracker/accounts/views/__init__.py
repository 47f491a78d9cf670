"""The pages of an account: one's own, and those behind the links of invitations and passwords."""
