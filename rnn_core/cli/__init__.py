"""The command line: train, compare, evaluate and export without a page."""
