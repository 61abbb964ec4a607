"""The same pictures in Mermaid."""
