"""The Data page: a series of one's own."""
