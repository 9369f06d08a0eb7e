"""Lesson 2: giving it a memory."""
