"""What pictures are made with: colours, shapes, DOT, the engine that draws it, and the words below a picture."""
