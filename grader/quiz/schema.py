"""The JSON Schema of a bank, for editors: completion, documentation and errors while one types."""

from __future__ import annotations

from typing import Any

from grader.quiz.model import Bank

SCHEMA_ID = "https://json-schema.org/draft/2020-12/schema"


def quiz_schema() -> dict[str, Any]:
    """The schema of a bank file, as JSON Schema 2020-12."""
    schema = Bank.model_json_schema(mode="validation")
    return {"$schema": SCHEMA_ID, **schema, "title": "Quiz bank"}
