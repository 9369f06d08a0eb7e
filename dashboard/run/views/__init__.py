"""The views inside the network."""
