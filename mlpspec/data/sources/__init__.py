"""One file for each kind of source: CSV, Parquet and Arrow files, NPZ files, frames and arrays in memory."""
