"""Lesson 9: what the state looks like."""
