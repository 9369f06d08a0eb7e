"""Sweeps that the server trains, whoever looks on."""
