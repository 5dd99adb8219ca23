"""The nouns of the compiler: shapes, graphs, lowering records, facts learnt from data."""
