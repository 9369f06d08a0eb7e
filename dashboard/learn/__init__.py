"""The Learn page: twelve lessons, each a prediction that a run puts to the test."""
