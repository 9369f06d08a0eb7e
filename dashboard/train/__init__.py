"""The Train page: one run, watched live."""
