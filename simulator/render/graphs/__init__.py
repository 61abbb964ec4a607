"""Graphs of one execution or one moment: who waits for whom, what happens before what, in which order locks are taken."""
