"""Public code that runs inside the sandbox, beside a learner's: it holds no expected value and decides nothing.

Started by its path, in a process that sees Python, NumPy, PyTorch and this folder. It imports nothing of the rest of
`grader`. What it reports of itself is a claim, never evidence: the judge compares the tensors.
"""
