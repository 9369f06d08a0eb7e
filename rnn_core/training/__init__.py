"""Training: the step-by-step generator, replicas in lockstep, and what remembers a run."""
