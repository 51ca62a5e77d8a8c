"""The gallery of a course: its scripts, and where all that belongs to them lies."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from d2lnotes.keeping import KEPT
from d2lnotes.site._sphinx import gallery_checksum
from d2lnotes.site.gallery.figures import without_language
from d2lnotes.site.gallery.inputs import device_kind, digest, inputs_of
from d2lnotes.site.gallery.records import results_folder
from d2lnotes.site.gallery.unreadable_scripts import why_unreadable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sphinx.config import Config


class Shard(NamedTuple):
    """One of several shares of the scripts: ``2/8`` is the second of eight.

    A script's name alone decides which share it is in, so that a new script moves no
    other into another share.
    """

    number: int
    of: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the share that ``text`` names.

        Raises
        ------
        ValueError
            If it is not a number, a stroke, and a number that is not smaller.
        """
        found = re.fullmatch(r"([1-9]\d*)/([1-9]\d*)", text)
        if found is None or int(found[1]) > int(found[2]):
            raise ValueError(
                f"a share is k/n with 1 <= k <= n, such as 2/8, not {text}"
            )
        return cls(int(found[1]), int(found[2]))

    def holds(self, name: str) -> bool:
        """Return whether the script ``name`` is in this share."""
        number = int.from_bytes(hashlib.sha256(name.encode()).digest())
        return number % self.of == self.number - 1


@dataclass(frozen=True)
class Script:
    """A script of the gallery and the files that its run makes.

    Parameters
    ----------
    name
        Its chapter and file, such as ``preliminaries/plot_leakage``.
    source
        The script itself.
    target
        Where sphinx-gallery puts a copy of it, and beside that the page.
    record
        What is known about its last run.
    problem
        Why sphinx-gallery would not run it.
    """

    name: str
    source: Path
    target: Path
    record: Path
    problem: str = ""

    @property
    def page(self) -> Path:
        """The page that sphinx-gallery makes from it."""
        return self.target.with_suffix(".rst")

    @property
    def checksum(self) -> Path:
        """The file that tells sphinx-gallery that the script need not run."""
        return self.target.with_name(f"{self.target.name}.md5")

    def images(self) -> list[Path]:
        """Return the pictures on disk: one per figure and size, and the thumbnail."""
        folder = self.target.parent / "images"
        found = [*folder.glob("*.*"), *(folder / "thumb").glob("*.*")]
        return sorted(path for path in found if self.place_of(path.name) == path)

    @property
    def kept(self) -> Path:
        """What a run kept for an explorable; see :func:`d2lnotes.keeping.keep_data`."""
        return self.record.with_suffix(KEPT)

    def place_of(self, name: str) -> Path | None:
        """Return where the file ``name`` of a run lies; ``None`` if no run makes it."""
        folder, stem = self.target.parent, self.target.stem
        if name == f"{stem}{KEPT}":
            return self.kept
        if name in {f"{stem}.rst", f"{stem}.codeobj.json"}:
            return folder / name
        picture = rf"sphx_glr_{re.escape(stem)}_(?:(thumb)|\d{{3}}(?:_\d+_\d+x)?)\.\w+"
        if found := re.fullmatch(picture, without_language(name)):
            return folder / "images" / (found[1] or "") / name
        return None

    def vouch(self) -> None:
        """Tell sphinx-gallery that what it finds was made from this script."""
        self.checksum.write_text(gallery_checksum(self.source))

    def contents(self) -> dict[str, bytes]:
        """Return what a run left behind, by file name."""
        code = self.target.with_suffix(".codeobj.json")  # what sphinx-gallery links
        files = [self.page, code, self.kept, *self.images()]
        return {path.name: path.read_bytes() for path in files if path.exists()}

    def outputs(self) -> dict[str, str]:
        """Return the sha256 of what a run left behind, by file name."""
        return {name: digest(content) for name, content in self.contents().items()}


@dataclass(frozen=True)
class Gallery:
    """What a build knows of the gallery, once it has read its configuration.

    Parameters
    ----------
    root
        The course folder.
    docs
        The folder of its pages.
    sources
        The folder of the scripts, one folder in it per chapter.
    pages
        The folder in which sphinx-gallery writes.
    records
        The folder of what is known about the runs.
    settings
        sphinx-gallery's.
    packages
        The packages whose code a run depends on, with their folders.
    device
        The kind of device that scripts find.
    processes
        How many scripts run at a time.
    limit
        Seconds after which a script is stopped.
    build_id
        The same in all languages of one build.
    shard
        Which of the scripts this build is concerned with.
    minutes
        After how many minutes no further script is started; 0 for no limit.
    recheck
        How many scripts run again although their runs hold.
    """

    root: Path
    docs: Path
    sources: Path
    pages: Path
    records: Path
    settings: Mapping[str, Any]
    packages: Mapping[str, Path]
    device: str
    processes: int
    threads: int
    limit: float
    build_id: str
    shard: Shard
    minutes: float
    recheck: int

    @classmethod
    def of(cls, config: Config, *, root: Path, docs: Path) -> Self:
        """Return the gallery that ``config`` describes."""
        settings = config.sphinx_gallery_conf
        device, cores = device_kind(), _cores()
        # A GPU would be shared by those that run at a time.
        processes = 1 if device == "cuda" else config.d2lnotes_jobs or cores
        return cls(
            root=root,
            docs=docs,
            sources=Path(os.path.normpath(docs / settings["examples_dirs"])),
            pages=docs / settings["gallery_dirs"],
            records=results_folder(config),
            settings=settings,
            packages=_package_folders(config.d2lnotes_packages),
            device=device,
            processes=processes,
            threads=max(1, cores // processes),
            limit=config.d2lnotes_time_limit,
            build_id=config.d2lnotes_build_id,
            shard=Shard.parse(config.d2lnotes_shard),
            minutes=float(config.d2lnotes_gallery_minutes),
            recheck=config.d2lnotes_recheck,
        )

    def inputs(self, script: Script) -> dict[str, str]:
        """Return everything that a run of ``script`` depends on, by name."""
        return inputs_of(
            script.source,
            packages=self.packages,
            settings=self.settings,
            device=self.device,
        )

    def scripts(self) -> list[Script]:
        """Return all scripts, in the order of their names."""
        files = sorted([*self.sources.glob("*.py"), *self.sources.glob("*/*.py")])
        ignored = self.settings["ignore_pattern"]
        return [
            self._script(file) for file in files if not re.search(ignored, file.name)
        ]

    def _script(self, source: Path) -> Script:
        place = source.relative_to(self.sources)
        return Script(
            name=place.with_suffix("").as_posix(),
            source=source,
            target=self.pages / place,
            record=self.records / place.with_suffix(".json"),
            problem=why_unreadable(source) or self._why_not_run(source),
        )

    def _why_not_run(self, source: Path) -> str:
        if not re.search(self.settings["filename_pattern"], str(source)):
            return "its name must begin with plot_, or it is shown without being run"
        if not list(source.parent.glob("GALLERY_HEADER.*")):
            chapter = source.parent.relative_to(self.sources)
            return f"{chapter} has no GALLERY_HEADER.rst, so it is left out"
        return ""

    def remove_leftovers(self) -> None:
        """Remove what scripts that are gone, or an interrupted build, left behind."""
        scripts = self.scripts()
        kept = {script.target.with_suffix("") for script in scripts}
        for copy in [*self.pages.rglob("*.py"), *self.pages.rglob("*.rst")]:
            if copy.with_suffix("") not in kept and copy.name != "index.rst":
                gone = Script("", copy, copy.with_suffix(".py"), copy)
                beside = copy.parent.glob(f"{copy.stem}.*")
                for path in [*beside, *gone.images()]:
                    path.unlink(missing_ok=True)
        for folder in self.pages.glob("*/"):
            if folder.name != "images" and not (self.sources / folder.name).is_dir():
                shutil.rmtree(folder)
        for unfinished in self.pages.rglob("*.new*"):
            unfinished.unlink()
        records = {script.record for script in scripts}
        for path in self.records.rglob("*.*"):
            ours = path.suffix in {".json", ".lock", ".partial", KEPT}
            if ours and path.with_suffix(".json") not in records:
                path.unlink()


def data_home() -> Path:
    """Return the data cache, as :func:`d2lnotes.data.data_home` does with torch."""
    if chosen := os.environ.get("D2LNOTES_DATA"):
        return Path(chosen).expanduser().absolute()
    from platformdirs import user_cache_path

    return user_cache_path("d2lnotes")


def _package_folders(packages: list[str]) -> dict[str, Path]:
    specs = {name: importlib.util.find_spec(name) for name in packages}
    return {
        name: Path(spec.origin).parent
        for name, spec in specs.items()
        if spec is not None and spec.origin is not None
    }


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
