"""Lesson 10: a forecast that is the input."""
