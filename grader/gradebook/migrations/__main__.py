"""Draft a revision: `python -m grader.gradebook.migrations "what changed"` compares `schema.py` with what the last revision makes."""

from __future__ import annotations

import sys

from alembic import command
from sqlalchemy import create_engine

from grader.gradebook.migrations import config

if __name__ == "__main__":
    with create_engine("sqlite://").connect() as connection:
        configured = config(connection)
        command.upgrade(configured, "head")
        command.revision(configured, sys.argv[1], autogenerate=True)
