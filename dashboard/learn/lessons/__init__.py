"""One folder for each lesson: its object, and its prose in every language."""
