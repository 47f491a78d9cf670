"""What is drawn into pictures: letters, the verdicts' shapes, and a verdict across a picture that circulates."""
