"""How fast a submission is: against the reference, and against what this machine can do."""
