"""Lesson 1: one network for each data point."""
