"""Recurrent cells: one object and one file each, with everything that depends on the cell.

`rnn_core.cells.base.Cell` says what a cell consists of, `rnn_core.cells.registry` which ones exist.
"""
