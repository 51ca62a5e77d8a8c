"""d2lnotes: the tested helper code of a bilingual deep-learning course."""

__version__ = "0.1.0"
