"""Running untrusted code: levels, limits, and the talk with the worker."""
