"""The models of the course, one module per family."""
