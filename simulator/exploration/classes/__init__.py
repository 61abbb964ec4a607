"""Equivalence classes of interleavings: one of each, how many there are, and exploring by them."""
