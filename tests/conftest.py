"""What holds for every test: one hypothesis profile, no plotting window."""

import os

from hypothesis import settings

os.environ.setdefault("MPLBACKEND", "Agg")

# No deadline: the first example pays for imports. Derandomised: a run tells about the code, not about luck.
settings.register_profile("equipoise", deadline=None, derandomize=True, print_blob=False)
settings.load_profile("equipoise")
