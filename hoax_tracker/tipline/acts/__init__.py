"""What a batch asks for, done with the services of the web, and its words."""
