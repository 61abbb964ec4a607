"""The page to step through, in which the reader can be the scheduler."""
