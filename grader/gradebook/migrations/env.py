"""Run by Alembic: the connection is handed over, nothing is read from a file or the environment."""

from __future__ import annotations

from alembic import context

from grader.gradebook.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite alters a table by copying it
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
