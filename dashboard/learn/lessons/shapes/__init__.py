"""Lesson 3: shapes."""
