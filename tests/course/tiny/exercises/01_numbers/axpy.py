"""A scaled sum, a * x + y, element by element.

Arguments
    x, y    tensors of one shape
    a       a number
Returns
    a * x + y, of their shape

Example
    >>> axpy(torch.tensor([1., 2.]), torch.tensor([10., 20.]), a=3)
    tensor([13., 26.])
    >>> axpy(torch.tensor([1.]), torch.tensor([1.]))
    tensor([2.])

Read: Lawson et al., "Basic linear algebra subprograms for Fortran usage", ACM TOMS 5(3), 1979.
"""

import torch


def axpy(x, y, a=1):
    raise NotImplementedError
