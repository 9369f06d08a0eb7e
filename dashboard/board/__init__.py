"""The Class page: the runs of everyone in a room, live."""
