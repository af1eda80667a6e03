"""Whether a phrase is said or denied: "pooling has weights" against "pooling does not have weights".

The rules are few and open, after NegEx (Chapman et al., J. Biomed. Inform. 34, 2001): a cue before the phrase denies it
when no clause ends and few words stand between them; some verbs after it do too; two cues undo each other. What they
get wrong the learner corrects when confirming, and an author can switch them off for a point (`negation: false`).
"""

from __future__ import annotations

import re

_NT = r"(?:do|does|did|is|are|was|were|has|have|had|ca|could|wo|would|should|must|need)n['’]?t"
# Each cue with the most words that may stand between it and what it denies; where two overlap the first counts.
_CUES = (
    (re.compile(r"\b(?:not|isn['’]?t) (?:true|the case|correct|right|so) that\b", re.I), 25),
    (re.compile(rf"\b(?:not|never|cannot|neither|nor|{_NT})\b", re.I), 8),
    (re.compile(r"\b(?:fail(?:s|ed)?|unable|refuses?) to\b|\bfar from\b|\bhardly\b", re.I), 5),
    (re.compile(r"\b(?:false|wrong|untrue|incorrect|myth|impossible) (?:that|to)\b", re.I), 12),
    (re.compile(r"\b(?:without|instead of|rather than|unlike|lack(?:s|ing)?(?: of)?|free of)\b", re.I), 3),
    (re.compile(r"\bno\b", re.I), 2),
)
# Where the same words deny nothing.
_NO_CUES = re.compile(
    r"\bnot (?:only|just|merely|simply|to mention)\b|\bno (?:matter|more than|less than|doubt|wonder)\b"
    r"|\bnot without\b|\bwithout doubt\b|\bnothing but\b",
    re.I,
)
_CLAUSE_END = re.compile(
    r"[,;:.!?()\n]|\b(?:but|however|whereas|although|though|while|yet|because|since|and|which|hence|therefore|so)\b",
    re.I,
)
_DENIED_AFTER = re.compile(
    r"^\s*(?:\w+\s+){0,1}?(?:(?:is|are|was|were|does|do|did|has|have|can|could|will|would|should)\s+(?:not|never)"
    r"|(?:is|are|was|were|does|do|did|has|have|ca|could|wo|would|should)n['’]?t|cannot)"
    r"(?:\s+(?:be|been|being|really|actually|ever))?"
    r"(?:\s+(?:used|done|applied|true|the case|present|happen(?:ing)?|occur(?:ring)?|needed|required|possible|involved"
    r"|performed|a thing|there|what)\b|\s*(?:[.,;!?\n]|$))",
    re.I,
)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n+|;\s+")


def sentences(text: str) -> list[tuple[int, int]]:
    """The spans of the sentences of `text`; a decimal point ends none."""
    found, start = [], 0
    for gap in _SENTENCE_END.finditer(text):
        found.append((start, gap.start()))
        start = gap.end()
    return [span for span in [*found, (start, len(text))] if text[span[0] : span[1]].strip()]


def has_cue(pattern: str) -> bool:
    """Whether an author's pattern speaks of a negation itself, so that one inside its match is meant."""
    return any(cue.search(pattern.replace("\\b", " ").replace("|", " ")) for cue, _ in _CUES)


def is_denied(text: str, sentence: tuple[int, int], match: tuple[int, int], *, cue_is_meant: bool) -> bool:
    """Whether the phrase at `match`, within `sentence`, is denied: an odd number of cues apply to it."""
    idle = [span.span() for span in _NO_CUES.finditer(text, *sentence)]
    count, taken = 0, idle
    for cue, reach in _CUES:
        for found in cue.finditer(text, sentence[0], match[1]):
            if any(start <= found.start() < end for start, end in taken):
                continue
            taken.append(found.span())
            if found.end() <= match[0]:
                count += _reaches(text[found.end() : match[0]], reach)
            elif match[0] <= found.start() and reach > 3 and not cue_is_meant:
                count += 1
    if _DENIED_AFTER.match(text[match[1] : sentence[1]]):
        count += 1
    return count % 2 == 1


def _reaches(between: str, reach: int) -> bool:
    return len(between.split()) <= reach and _CLAUSE_END.search(between) is None
