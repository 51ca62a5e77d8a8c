"""The ``d2lnotes`` command: it starts Sphinx, which never sees it."""
