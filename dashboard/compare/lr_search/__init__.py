"""The search for each contender's learning rate, before a comparison."""
