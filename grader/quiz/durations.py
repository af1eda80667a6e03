"""Times and durations as people say them."""

from __future__ import annotations

from datetime import datetime, timedelta


def when(due: datetime | None, now: datetime) -> str:
    """When an item comes again, as people say it; empty when that is open."""
    if due is None:
        return ""
    left = due - now
    if left <= timedelta(0):
        return "now"
    if left < timedelta(hours=1):
        minutes = max(1, round(left.total_seconds() / 60))
        return "in a minute" if minutes == 1 else f"in {minutes} minutes"
    if left < timedelta(hours=20):
        hours = round(left.total_seconds() / 3600)
        return "in an hour" if hours == 1 else f"in {hours} hours"
    days = round(left.total_seconds() / 86400)
    return "tomorrow" if days <= 1 else f"in {days} days"


def clock_face(seconds: float) -> str:
    """A duration as 1:02:03 or 2:03."""
    whole = int(seconds)
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"
