"""The shell that every page shares: server, language, sidebar, link, player."""
