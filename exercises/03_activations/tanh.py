"""The hyperbolic tangent and its backward pass.

tanh has the sigmoid's shape, but goes from -1 to 1 and passes through 0 with slope 1, so that layers start out with
outputs centred on 0 and gradients that are not quartered at every layer. It saturates just the same.

    tanh(x)    = (exp(x) - exp(-x)) / (exp(x) + exp(-x))
    its slope  = 1 - tanh(x)**2

Two things go wrong when this is typed in as it stands. For inputs as large as 1000 exp overflows. And for tiny inputs,
where tanh(x) is almost x, the difference of two numbers close to 1 keeps few correct digits. Both must come out right: an
input of 1e-6 has a result with as many correct digits as any other. NumPy has a function for exp(x) - 1.

    tanh(input)
        input          array of any shape
        returns        array of its shape and dtype
    tanh_backward(grad_output, output)
        grad_output    the gradient of the loss with respect to tanh(input), of its shape
        output         tanh(input), as the forward pass gave it
        returns        the gradient with respect to input

Example
    >>> tanh(np.array([-1000., 0., 1e-8, 1000.]))
    array([-1.e+00,  0.e+00,  1.e-08,  1.e+00])
    >>> tanh_backward(np.array([4., 4., 4.]), np.array([0., 0.5, 1.]))
    array([4., 3., 0.])

Not allowed: numpy.tanh, math.tanh, or anybody else's tanh.

Read: LeCun, Bottou, Orr and Müller, "Efficient backprop", 1998, section 4.4; the documentation of numpy.expm1.
"""

import numpy as np


def tanh(input):
    raise NotImplementedError


def tanh_backward(grad_output, output):
    raise NotImplementedError
