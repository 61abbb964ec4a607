"""One execution, step by step: lanes for threads and objects, as a drawing, as text, and as frames for slides."""
