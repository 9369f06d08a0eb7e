"""What all charts share: specifications, Arrow tables, colours, and sending them to the browser."""
