"""A realistic course to load, written from source trees that every machine has."""

from bookbag.imports.sample.course import SampleSummary, write_sample_course
from bookbag.imports.sample.results import write_sample_results
from bookbag.imports.sample.sessions import write_sample_sessions

__all__ = [
    "SampleSummary",
    "write_sample_course",
    "write_sample_results",
    "write_sample_sessions",
]
