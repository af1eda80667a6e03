"""Judge, sandbox, gradebook and quiz for courses on deep learning."""

__version__ = "0.1.0"
