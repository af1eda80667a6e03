"""Append-only results and what is read from them."""
