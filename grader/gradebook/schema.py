"""The gradebook's tables. Rows are only ever added; the current grade is a view over them.

source     what was handed in, once per content
verdict    what judging one content gave: keyed by content x exercise x course key x limits, so that the same file
           is judged once, whoever hands it in and however often
result     learner, exercise, device, content -> verdict. The first row of a content is an attempt; a row that
           `replaces` another re-scores the same attempt. Each row is replaced at most once
output     what the worker answered, compressed, for a regrade without a rerun; `inputs` names what it was asked
override   a manual score: who, when, why; the latest beats every result
run        one call of `grade` or `regrade`
incident   what a run could not judge or use, and why: nothing is dropped, nothing of it is a grade
learner    who has results, numbered as they came; `PART` numbers in a row are a part of the class
part       sums over a part, for statistics (`summary`); good where `counted` is `version`. Not a record: they can be counted anew.
           A change of what is summed needs a revision that sets `counted` to NULL
assignment the policy (due date, weights, late days) that runs used, as YAML; the latest of a name counts
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

PART = 128
"""Learners in a part: few enough to count one part at once, and enough that there are few parts."""

metadata = MetaData()

source = Table(
    "source",
    metadata,
    Column("content", String(64), primary_key=True),  # SHA-256 of the text
    Column("data", LargeBinary, nullable=False),  # zlib-compressed UTF-8
)

verdict = Table(
    "verdict",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("content", String(64), ForeignKey("source.content"), nullable=False),
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
    Column("learner", String(1024), nullable=False),
    Column("exercise", String(64), nullable=False),
    Column("device", String(16), nullable=False),
    Column("submitted_at", DateTime(timezone=True)),
    Column("source", Text, nullable=False),  # where the file was found
    Column("content", String(64), ForeignKey("source.content"), nullable=False),
    Column("verdict_key", String(64), ForeignKey("verdict.key"), nullable=False),
    Column("replaces", Integer, nullable=False, default=0),  # id of the row that this one re-scores; 0: none
    UniqueConstraint("learner", "exercise", "device", "content", "replaces", name="result_once"),
    Index("result_by_replaced", "replaces"),
    Index("result_by_learner", "learner", "exercise", "id"),
    Index("result_by_exercise", "exercise", "id"),
)

override = Table(
    "override",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("learner", String(1024), nullable=False),
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
    Column(
        "inputs", String(64), nullable=False
    ),  # SHA-256 of what the worker was asked, and within which limits
    Column("data", LargeBinary, nullable=False),  # zlib-compressed frames, bounded
)

run = Table(
    "run",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("what", String(16), nullable=False),  # grade or regrade
    Column("source", Text, nullable=False),  # the submissions' folder or archive
    Column("course", String(64), nullable=False),
    Column("course_version", String(16), nullable=False),
    Column("sandbox", String(8), nullable=False),
)

incident = Table(
    "incident",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("run", Integer, ForeignKey("run.id"), nullable=False),
    Column("kind", String(16), nullable=False),  # grader.batch.submission.Trouble
    Column("learner", String(1024)),
    Column("exercise", String(64)),
    Column("path", Text, nullable=False),
    Column("message", Text, nullable=False),
    Index("incident_by_run", "run", "id"),
)

learner = Table(
    "learner",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("name", String(1024), nullable=False, unique=True),
)

part = Table(
    "part",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),  # learner.id / PART; -1: all parts
    Column("version", Integer, nullable=False),  # raised with every change of what is summed
    Column("counted", Integer),  # the version of `sums`
    Column("sums", Text),  # grader.gradebook.gather.Gathered as JSON
)

assignment = Table(
    "assignment",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("name", String(64), nullable=False),
    Column("text", Text, nullable=False),  # the YAML as it was given
)
