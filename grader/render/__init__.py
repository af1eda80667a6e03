"""A report as text, JSON or JUnit."""
