"""Lesson 8: when an LSTM earns its price."""
