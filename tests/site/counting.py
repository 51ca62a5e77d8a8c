"""Count what a build does: an extension that lists the pages it reads and writes."""

READ, WRITTEN = [], []


def forget():
    READ.clear()
    WRITTEN.clear()


def setup(app):
    app.connect("source-read", lambda app, page, text: READ.append(page))
    app.connect("html-page-context", _note_page)


def _note_page(app, page, template, context, doctree):
    if doctree is not None:
        WRITTEN.append(page)
