"""From a worker's outputs to a verdict that teaches."""
