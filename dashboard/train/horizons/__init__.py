"""Forecasts of the test part from many origins, by horizon."""
