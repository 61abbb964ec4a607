"""Answers about many interleavings. All of them walk the machine."""
