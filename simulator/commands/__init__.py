"""The commands of the command line: one question a file, and what they have in common."""
