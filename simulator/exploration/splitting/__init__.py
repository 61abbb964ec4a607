"""Programs whose threads fall into groups that share nothing: each is explored alone, and counts multiply."""
