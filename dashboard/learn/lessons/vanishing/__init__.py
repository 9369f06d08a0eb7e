"""Lesson 7: vanishing gradients."""
