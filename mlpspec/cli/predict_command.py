"""`mlpspec predict`."""
