"""A model file behind HTTP: the Open Inference Protocol and plain rows, batched. Needs `pip install "mlpspec[serve]"`."""
