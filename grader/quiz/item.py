"""What every item of a bank has, whatever its type."""

from __future__ import annotations

from typing import Annotated

from grader.quiz.modelling import Field
from grader.quiz.parts import Expr, Id, Many, Name, OneOrMany, Strict, Text, Var


class ItemBase(Strict):
    """The keys common to all items. `explanation` and `source` may be missing when imported; `quiz lint` asks for them."""

    id: Id
    stem: Annotated[Text, Field(description="The question, in Markdown.")]
    explanation: Annotated[str, Field(description="Why the answer is right; shown after answering.")] = ""
    source: Annotated[str, Field(description="Where the fact comes from: a citation or a document.")] = ""
    hints: Annotated[OneOrMany[Text], Field(description="From a nudge to nearly the answer.")] = ()
    tags: Many[str] = ()
    points: Annotated[float, Field(gt=0, le=1000)] = 1.0
    exercises: Annotated[
        OneOrMany[str], Field(description="Ids of the exercises that practise the same.")
    ] = ()
    image: Annotated[str | None, Field(description="Path of a picture, relative to the bank.")] = None
    image_alt: Annotated[str, Field(description="The picture in words.")] = ""
    vars: Annotated[
        dict[Name, Var], Field(default_factory=dict, description="Variables drawn anew for every showing.")
    ]
    let: Annotated[
        dict[Name, Expr],
        Field(default_factory=dict, description="Values computed from the variables, in order."),
    ]
    where: Annotated[OneOrMany[Expr], Field(description="Conditions every drawing must meet.")] = ()

    @property
    def is_template(self) -> bool:
        """Whether the texts are Jinja2 templates: only where there are variables, so that braces elsewhere are braces."""
        return bool(self.vars)
