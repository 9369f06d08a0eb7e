"""Lesson 4: carry, detach, reset."""
