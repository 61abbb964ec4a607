"""Many interleavings in one picture: state graph, tree, lattice, histogram."""
