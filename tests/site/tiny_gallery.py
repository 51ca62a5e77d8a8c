"""An extension that knows the settings of the gallery, and runs nothing."""


def setup(app):
    folders = {"examples_dirs": "../gallery", "gallery_dirs": "gallery"}
    app.add_config_value("sphinx_gallery_conf", folders, "")
    app.add_config_value("d2lnotes_results_dir", "results", "")
    return {"parallel_read_safe": True}
