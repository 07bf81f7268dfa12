"""What holds for every test: one hypothesis profile, no plotting window, one thread for each worker."""

import os

# Before anything imports numpy: workers that each start a thread per core stand in each other's way.
for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")
os.environ.setdefault("MPLBACKEND", "Agg")

from hypothesis import settings  # noqa: E402

# No deadline: the first example pays for imports. Derandomised: a run tells about the code, not about luck.
settings.register_profile("equipoise", deadline=None, derandomize=True, print_blob=False)
settings.load_profile("equipoise")
