"""The screen: a pure picture of a snapshot, drawn from a thread of its own; the closing tables."""

from realtime.dashboard.picture import export_svg
from realtime.dashboard.render import render
from realtime.dashboard.screen import Dashboard
from realtime.dashboard.summary import print_summary, summary_tables

__all__ = [
    "Dashboard",
    "export_svg",
    "print_summary",
    "render",
    "summary_tables",
]
