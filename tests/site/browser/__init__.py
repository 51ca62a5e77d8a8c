"""The built site in a real browser, from file://, with the network blocked."""
