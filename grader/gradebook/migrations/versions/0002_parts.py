"""Sums over parts of the class, for statistics. The sums themselves are counted when they are asked for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_PART = 128


def upgrade() -> None:
    """Everybody who has a result is in a part, and every part is to be counted."""
    op.create_table(
        "learner",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=1024), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "part",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("counted", sa.Integer(), nullable=True),
        sa.Column("sums", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("number"),
    )
    op.execute("INSERT INTO learner (name) SELECT DISTINCT learner FROM result ORDER BY learner")
    op.execute(f"INSERT INTO part (number, version) SELECT DISTINCT id / {_PART}, 1 FROM learner")
