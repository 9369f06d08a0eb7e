"""Lesson 6: the collapse, and clipping."""
