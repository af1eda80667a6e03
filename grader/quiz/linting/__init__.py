"""The rules of `quiz lint`, one module a subject."""
