"""From records to a file: what a sheet shows, a template to fill in, files made in the background."""

from app.exporting import (  # they declare jobs, places and rules
    deliver,
    jobs,
    personal,
    rules,
    schedule_rules,
)
from app.exporting.entities import ExportLimit, ExportRequest, ScheduledExport

__all__ = [
    "ExportLimit",
    "ExportRequest",
    "ScheduledExport",
    "deliver",
    "jobs",
    "personal",
    "rules",
    "schedule_rules",
]
