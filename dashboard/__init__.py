"""The Streamlit dashboard: everything that knows how it looks. The science is in rnn_core."""
