"""Files of a run: what can be saved of it, and what can be opened."""
