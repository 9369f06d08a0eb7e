"""The app in several processes behind HAProxy: `python -m dashboard.serve`, or `make serve`.

One process of Python trains and draws with one core at a time. What a visitor has is in the memory
of one process, the visitor's replica; a cookie leads there. Knows nothing of Streamlit but its
command and the address at which it says that it is well.
"""
