"""The Learn page: eleven lessons, each a prediction that a run puts to the test."""
