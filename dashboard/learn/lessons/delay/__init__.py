"""Lesson 12: at which delay each cell stops learning."""
