"""A place for course code to run in: it may print, warn, or turn a global switch, and nothing of it stays."""

from __future__ import annotations

import contextlib
import io
import threading
from collections.abc import Iterator

import numpy as np

#: references and chaffs run one at a time: standard output and the random generators are the whole process's
BENCH = threading.RLock()


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Course code may print, warn, or leave a global switch turned: none of it reaches the user or the next run."""
    import random
    import warnings

    import torch

    from grader.worker.steady import no_gpu

    with (
        BENCH,
        contextlib.redirect_stdout(io.StringIO()),
        warnings.catch_warnings(),
        np.errstate(all="ignore"),
        no_gpu(),
    ):
        warnings.simplefilter("ignore")
        state = torch.get_rng_state(), np.random.get_state(), random.getstate()
        torch.set_num_threads(1)  # cases are small: more threads only wait for each other on a busy machine
        try:
            yield
        finally:
            torch.set_default_dtype(torch.float32)
            torch.set_grad_enabled(True)
            torch.set_rng_state(state[0])
            np.random.set_state(state[1])
            random.setstate(state[2])
