"""Published results, run again with our own engine and set beside the published figures.

Run all with ``python -m benchmarks.reproduce``; ``make reproduce`` does.
"""
