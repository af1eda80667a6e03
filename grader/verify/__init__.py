"""The course, tested."""
