"""One update in slow motion, phase by phase."""
