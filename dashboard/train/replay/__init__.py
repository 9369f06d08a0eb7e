"""A run as a replay that plays in the browser, without the server."""
