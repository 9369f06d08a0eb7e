"""What all tests share."""

from __future__ import annotations

import os

import torch
from hypothesis import settings

# One thread, as on the server: small tensors gain nothing from two.
torch.set_num_threads(1)

# A busy machine is no reason to fail, and the same examples everywhere make a failure repeatable.
settings.register_profile("project", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("project")
