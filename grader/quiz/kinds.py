"""The item types whose answer is picked, typed or arranged (free recall has its own module)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal

from grader.quiz.item import ItemBase
from grader.quiz.modelling import BeforeValidator, Field, PrivateAttr, model_validator
from grader.quiz.parts import (
    Credit,
    Many,
    Mistake,
    Name,
    OneOrMany,
    Option,
    Pair,
    PartCredit,
    Strict,
    Text,
    Truth,
    Unit,
    Value,
    member_of,
)

BLANK = re.compile(r"\[\[([A-Za-z][A-Za-z0-9_]*)\]\]")
"""A blank of a cloze text: `[[name]]`."""

PartRule = Annotated[PartCredit, BeforeValidator(member_of(PartCredit))]


class Choice(ItemBase):
    """Pick one option."""

    type: Literal["choice"]
    options: Annotated[Many[Option], Field(min_length=2, max_length=26)]
    shuffle: bool = True

    @model_validator(mode="after")
    def _has_one_key(self) -> Choice:
        if all(isinstance(option.correct, bool) for option in self.options):
            keys = sum(option.correct is True for option in self.options)
            if keys != 1:
                raise ValueError(
                    f"has {keys} correct options: mark exactly one `correct: true` (or use type multiple)"
                )
        return self


class Multiple(ItemBase):
    """Pick every option that is right."""

    type: Literal["multiple"]
    options: Annotated[Many[Option], Field(min_length=2, max_length=26)]
    credit: Annotated[Credit, BeforeValidator(member_of(Credit))] = Credit.BALANCED
    shuffle: bool = True

    @model_validator(mode="after")
    def _has_a_key(self) -> Multiple:
        if not any(option.correct for option in self.options):
            raise ValueError("has no correct option: mark at least one `correct: true`")
        return self


class TrueFalse(ItemBase):
    """Say whether a statement holds."""

    type: Literal["true_false"]
    answer: Truth
    feedback: Annotated[str, Field(description="What the learner reads who answered wrongly.")] = ""


class NumericKey(Strict):
    """The right number, how near is near enough (the larger of both tolerances counts), and its unit."""

    answer: Value
    abs_tol: Annotated[float, Field(ge=0)] = 0.0
    rel_tol: Annotated[float, Field(ge=0, lt=1)] = 1e-9
    unit: Unit | None = None
    mistakes: Many[Mistake] = ()


class Numeric(NumericKey, ItemBase):
    """Type a number."""

    type: Literal["numeric"]


class NumericBlank(NumericKey):
    """A blank for a number."""

    type: Literal["numeric"]


class ShapeMistake(Strict):
    """A wrong shape the author foresaw, and what to say to it."""

    answer: Text
    feedback: Text


class Shape(ItemBase):
    """Type a tensor's shape, such as `(N, 64, 16, 16)`; each dimension is a number, a symbol or an expression."""

    type: Literal["shape"]
    answer: Annotated[Text, Field(examples=["(N, 64, (h + 2*p - k)//s + 1, w)"])]
    symbols: Annotated[
        dict[Name, OneOrMany[str]],
        Field(default_factory=dict, description="Other spellings of a symbol, such as `N: [B, batch]`."),
    ]
    credit: PartRule = PartCredit.ALL_OR_NOTHING
    mistakes: Many[ShapeMistake] = ()


class ShortMistake(Strict):
    """A wrong wording the author foresaw, and what to say to it."""

    answer: OneOrMany[Text]
    feedback: Text


class ShortKey(Strict):
    """The accepted wordings, the first being the model answer, and how many typing errors are forgiven.

    Typing errors are counted as insertions, deletions, substitutions and swaps of neighbours. Unless `typos` says
    otherwise none is forgiven up to 4 letters, one up to 8, two from 9 on, in each word and in all; never in a word's
    first letter, in a digit or sign, or when the answer is as near to a wording in `reject` or `mistakes`.
    """

    accept: Annotated[OneOrMany[Text], Field(min_length=1)]
    reject: Annotated[
        OneOrMany[Text], Field(description="Wordings that look like a typing error but are wrong.")
    ] = ()
    typos: Annotated[int | None, Field(ge=0, le=5)] = None
    case_sensitive: bool = False
    mistakes: Many[ShortMistake] = ()


class Short(ShortKey, ItemBase):
    """Type a word or a few."""

    type: Literal["short"]


class ShortBlank(ShortKey):
    """A blank for a word or a few."""

    type: Literal["short"]


Blank = Annotated[ShortBlank | NumericBlank, Field(discriminator="type")]


class Cloze(ItemBase):
    """Fill the blanks `[[name]]` of a text."""

    type: Literal["cloze"]
    text: Annotated[Text, Field(examples=["Padding of [[p]] keeps the [[what]] of the input."])]
    blanks: Annotated[dict[Name, Blank], Field(min_length=1)]
    credit: PartRule = PartCredit.PARTS

    @model_validator(mode="after")
    def _blanks_agree(self) -> Cloze:
        used = BLANK.findall(self.text)
        twice = sorted({name for name in used if used.count(name) > 1})
        if twice:
            raise ValueError(
                f"the text uses the blank [[{twice[0]}]] twice: give each place a name of its own"
            )
        missing = [name for name in used if name not in self.blanks]
        if missing:
            raise ValueError(f"the text has a blank [[{missing[0]}]] that `blanks` does not define")
        idle = [name for name in self.blanks if name not in used]
        if idle:
            raise ValueError(f"the blank {idle[0]} is not used: write [[{idle[0]}]] in the text")
        return self


class Ordering(ItemBase):
    """Put the steps in order; `sequence` holds them in the right one.

    `parts` pays max(0, (pairs in the right order - pairs in the wrong order) / all pairs).
    """

    type: Literal["ordering"]
    sequence: Annotated[Many[Text], Field(min_length=2, max_length=12)]
    credit: PartRule = PartCredit.PARTS


class Matching(ItemBase):
    """Find the partner of each left-hand side; `parts` pays the share of right partners."""

    type: Literal["matching"]
    pairs: Annotated[Many[Pair], Field(min_length=2, max_length=20)]
    distractors: Annotated[Many[Text], Field(description="Right-hand sides that belong to nothing.")] = ()
    credit: PartRule = PartCredit.PARTS

    @property
    def rights(self) -> tuple[str, ...]:
        """The right-hand sides to pick from, each once, as authored."""
        return tuple(dict.fromkeys([*(pair.right for pair in self.pairs), *self.distractors]))


class OutputMistake(Strict):
    """A wrong output the author foresaw, and what to say to it."""

    answer: Text
    feedback: Text


class Output(ItemBase):
    """Predict what a piece of Python prints.

    What it prints is nobody's to type: `grader verify` runs the code and writes it to the bank's lock file, from where
    it is attached when the bank is loaded (`grader.quiz.outputs`).
    """

    type: Literal["output"]
    code: Annotated[Text, Field(description="Python; prints what is asked for.")]
    exact: Annotated[bool, Field(description="Whether spaces inside a line count.")] = False
    mistakes: Many[OutputMistake] = ()

    _locked: dict[str, str] = PrivateAttr(default_factory=dict)

    @property
    def locked(self) -> dict[str, str]:
        """What was printed, by the SHA-256 of the code that printed it."""
        return self._locked

    def with_locked(self, outputs: Mapping[str, str]) -> Output:
        """A copy that knows what its code prints."""
        copy = self.model_copy()
        copy._locked = dict(outputs)
        return copy
