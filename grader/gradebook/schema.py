"""The gradebook's tables. Results and overrides are only ever added; the current grade is a view over them.

verdict    what judging one content gave: keyed by content x exercise x course key x limits, so that the same file
           is judged once, whoever hands it in and however often
result     learner, exercise, device -> verdict; one row per submission judged
override   a manual score: who, when, why; the latest beats every result
output     what the worker answered, compressed, for a regrade without a rerun
"""

from __future__ import annotations

from sqlalchemy import (
    Column,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData()

verdict = Table(
    "verdict",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("course", String(64), nullable=False),
    Column("course_version", String(16), nullable=False),
    Column("exercise", String(64), nullable=False),
    Column("device", String(16), nullable=False),
    Column("sandbox", String(8), nullable=False),
    Column("status", String(16), nullable=False),
    Column("score", Float, nullable=False),
    Column("max_score", Float, nullable=False),
    Column("report", Text, nullable=False),  # the Result as JSON
)

result = Table(
    "result",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("learner", String(200), nullable=False),
    Column("exercise", String(64), nullable=False),
    Column("device", String(16), nullable=False),
    Column("submitted_at", DateTime(timezone=True)),
    Column("source", Text, nullable=False),  # where the file was found
    Column("verdict_key", String(64), ForeignKey("verdict.key"), nullable=False),
    UniqueConstraint("learner", "exercise", "device", "verdict_key", name="result_once"),
    Index("result_by_learner", "learner", "exercise", "id"),
    Index("result_by_exercise", "exercise", "id"),
)

override = Table(
    "override",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("learner", String(200), nullable=False),
    Column("exercise", String(64), nullable=False),
    Column("score", Float),  # NULL takes the override back
    Column("who", String(200), nullable=False),
    Column("why", Text, nullable=False),
    Index("override_by_learner", "learner", "exercise", "id"),
)

output = Table(
    "output",
    metadata,
    Column("verdict_key", String(64), ForeignKey("verdict.key"), primary_key=True),
    Column("data", LargeBinary, nullable=False),  # zlib-compressed frames, bounded
)
