"""Run N random hard systems and print a table of what went wrong: `python -m tests.hard --count 10000 --seed 0`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")
sys.path.insert(0, str(Path(__file__).parents[1]))

from hard.run import main  # noqa: E402

if __name__ == "__main__":
    main()
