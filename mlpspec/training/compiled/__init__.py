"""The compiled training step: loss and gradients traced once, rewritten, and run without autograd.

`make.py` is where to start: trace.py records a step as a graph of aten operators, passes/ rewrite it, lower.py turns it into a program over
memory made once, update.py adds the optimizer, emit.py makes a function of it, block.py feeds that function, step.py is what the loop sees.
"""
