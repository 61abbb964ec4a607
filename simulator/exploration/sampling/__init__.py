"""Some interleavings, drawn at random, and what such a sample is worth."""
