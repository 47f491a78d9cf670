"""How the instance is set up and looked after."""
