"""How far back can a cell remember? A test at growing delays."""
