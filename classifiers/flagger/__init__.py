"""The flagger: relevance, misinformation, topic, answering unit and reasons of a text, and training of its models."""
