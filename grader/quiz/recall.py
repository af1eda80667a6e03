"""Free recall: a question answered in one's own words, marked by key points and misconceptions."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from grader.quiz.item import ItemBase
from grader.quiz.modelling import BeforeValidator, Field, model_validator
from grader.quiz.parts import Many, OneOrMany, Pattern, Strict, Text

AllOf = tuple[str, ...]


def _groups(value: Any) -> Any:
    """Each entry is a pattern, or a list of patterns that must all be met in one sentence."""
    if isinstance(value, str):
        value = [value]
    if not isinstance(value, list | tuple):
        raise ValueError("must be a list of patterns")
    return tuple(_group(entry) for entry in value)


def _group(entry: Any) -> tuple[str, ...]:
    parts = (entry,) if isinstance(entry, str) else tuple(entry) if isinstance(entry, list | tuple) else ()
    if not parts or not all(isinstance(part, str) and part.strip() for part in parts):
        raise ValueError("each entry must be a pattern in quotes, or a list of such patterns")
    return parts


Patterns = Annotated[
    tuple[Annotated[tuple[Pattern, ...], Field(min_length=1)], ...],
    BeforeValidator(_groups, json_schema_input_type=str | list[str | list[str]]),
]
"""Any one entry suffices. An entry that is a list is met when all its patterns are, in one sentence, in any order."""


class KeyPoint(Strict):
    """One thing a complete answer says."""

    point: Annotated[Text, Field(description="The point as a sentence, shown to the learner.")]
    patterns: Annotated[Patterns, Field(min_length=1, description="How learners say it; any one suffices.")]
    contradicted_by: Annotated[Patterns, Field(description="How learners say the opposite.")] = ()
    weight: Annotated[float, Field(gt=0, le=100)] = 1.0
    negation: Annotated[bool, Field(description="Whether a `not` before a match turns it round.")] = True


class Misconception(Strict):
    """A wrong idea learners have, and what to say to it."""

    says: Annotated[Text, Field(description="The wrong idea as a sentence.")]
    patterns: Annotated[Patterns, Field(min_length=1)]
    feedback: Text
    cost: Annotated[float, Field(ge=0, le=1, description="Share of the score it takes away.")] = 0.5
    negation: Annotated[bool, Field(description="Whether a `not` before a match excuses it.")] = True


class Examples(Strict):
    """Answers by which `quiz lint` proves the item: each must be marked as the list it stands in says."""

    good: Annotated[OneOrMany[Text], Field(description="Proposed rating: good.")] = ()
    partial: Annotated[OneOrMany[Text], Field(description="Proposed rating: hard.")] = ()
    wrong: Annotated[OneOrMany[Text], Field(description="Proposed rating: again.")] = ()
    negated: Annotated[
        OneOrMany[Text], Field(description="Good answers turned round; proposed rating: again.")
    ] = ()

    def all(self) -> list[tuple[str, int, str]]:
        """Every example as (list, index, text)."""
        lists = {"good": self.good, "partial": self.partial, "wrong": self.wrong, "negated": self.negated}
        return [(name, index, text) for name, texts in lists.items() for index, text in enumerate(texts)]


class Recall(ItemBase):
    """Answer in your own words.

    Score: the weights of the points found over all weights, less the cost of each misconception, never below 0.
    """

    type: Literal["recall"]
    answer: Annotated[Text, Field(description="The model answer, in Markdown.")]
    key_points: Annotated[Many[KeyPoint], Field(min_length=1, max_length=12)]
    misconceptions: Many[Misconception] = ()
    examples: Examples = Examples()

    @model_validator(mode="after")
    def _is_no_template(self) -> Recall:
        if self.vars:
            raise ValueError("a recall item cannot have vars: its examples could not be proved")
        return self
