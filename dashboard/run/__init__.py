"""One run, live: what is trained, how it is drawn and said, and the views inside it."""
