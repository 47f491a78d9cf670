"""Open data: public clarifications, the claims that they answer, and monthly numbers, for anybody to use."""
