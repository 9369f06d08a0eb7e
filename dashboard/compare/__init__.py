"""The Compare page: contenders on the same windows, from the same seeds."""
