"""The Sphinx extensions and the build command that make the d2lnotes site."""
