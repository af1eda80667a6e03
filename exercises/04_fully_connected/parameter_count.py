"""How many parameters does a network have?

The count decides how much memory a model needs and how many examples it takes to train it. It also shows what
convolution saves: a fully connected layer has a weight for every pair of an input and an output, a convolution one
for every pair of channels and every element of its small kernel, whatever the size of the image.

    conv         out_channels * (in_channels / groups) * kh * kw weights,  and out_channels biases
    linear       out_features * in_features weights,                       and out_features biases
    batchnorm    a scale and a shift for each of num_features channels; its running mean and variance are
                 statistics, not parameters: no gradient ever changes them

Arguments
    layers    a list of dictionaries, each with a "type" and what that type needs:
                  {"type": "conv", "in_channels": .., "out_channels": .., "kernel_size": ..}
                      kernel_size is an int or a pair; optional "groups" (1 if absent) and "bias" (True if absent)
                  {"type": "linear", "in_features": .., "out_features": ..}
                      optional "bias" (True if absent)
                  {"type": "batchnorm", "num_features": ..}
              Layers of any other type (relu, pooling, flatten, dropout) have no parameters.
Returns
    an int

Example
    >>> parameter_count([{"type": "conv", "in_channels": 3, "out_channels": 8, "kernel_size": 3}])     # 8*3*3*3 + 8
    224
    >>> parameter_count([{"type": "conv", "in_channels": 1, "out_channels": 4, "kernel_size": (1, 5), "bias": False},
    ...                  {"type": "batchnorm", "num_features": 4},
    ...                  {"type": "relu"},
    ...                  {"type": "linear", "in_features": 64, "out_features": 10}])                    # 20 + 8 + 650
    678

Not allowed: nothing; there is nothing to import.

Read: LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to document recognition", 1998, section II,
which counts the parameters of every layer of LeNet-5.
"""


def parameter_count(layers):
    raise NotImplementedError
