"""How the tests build each framework's networks, losses and optimisers from given numbers.

Weights come and go as NumPy arrays in the order W, b, W, b, ... with W of shape (outputs, inputs).
"""
