"""The screen: a pure picture of a snapshot, drawn from a thread of its own; plain lines; the closing tables."""

from realtime.dashboard.plain import PlainLog, label_line, notice_line, segment_line
from realtime.dashboard.render import export_svg, render
from realtime.dashboard.screen import Dashboard
from realtime.dashboard.summary import summary_tables

__all__ = [
    "Dashboard",
    "PlainLog",
    "export_svg",
    "label_line",
    "notice_line",
    "render",
    "segment_line",
    "summary_tables",
]
