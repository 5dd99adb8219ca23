"""The network at another precision than float32: converted, judged against the float32 one, and described.

`convert` makes the network, a function for each kind in a file of its own; `lower` decides whether a file may be made of it.
"""
