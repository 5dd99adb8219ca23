"""What training and prediction know alike about data files: their kinds by suffix, and CSV."""
