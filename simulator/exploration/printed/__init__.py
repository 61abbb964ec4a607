"""The search for an execution that prints a given text."""
