"""How far an exported float32 model may be from the trained one: |exported - trained| <= ABSOLUTE + RELATIVE * |trained|.

The bounds are those that ONNX Runtime's own tests use between its execution providers.
"""

ABSOLUTE = 1e-5
RELATIVE = 1e-4
