"""Lesson 5: reading a loss curve."""
