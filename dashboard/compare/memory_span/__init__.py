"""How far back can a cell remember? The race over growing delays."""
