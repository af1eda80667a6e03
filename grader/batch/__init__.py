"""Many submissions: collect, run, resume."""
