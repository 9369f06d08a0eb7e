"""Published results, run again with our engine, beside the published figures.

Run all with ``python -m benchmarks.reproduce``; ``make reproduce`` does.
"""
