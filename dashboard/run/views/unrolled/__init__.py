"""The unrolled window: every cell of every time step, with its numbers and formulas."""
