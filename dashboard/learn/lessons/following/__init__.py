"""Lesson 11: weights are memory too."""
