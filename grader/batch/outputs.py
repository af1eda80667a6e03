"""What a worker answered, packed for a regrade without a rerun, and back.

    packed = zlib( <u32 length> header <u32 length> frame <u32 length> frame ... )
    header = {"format": 1, "wall_s": ..., "output": ..., "cases": [null | {status, message, error_type, places}]}

A case is null where a frame (`worker.wire`) follows for it, in order; otherwise how it ended without an answer.
"""

from __future__ import annotations

import hashlib
import json
import struct
import zlib
from typing import Any

from grader.course.catalog import Exercise
from grader.errors import InputError
from grader.judge.answer import read_answer
from grader.judge.ask import Interview, judged
from grader.judge.key import Key, KeyCase
from grader.judge.outcome import CaseOutcome
from grader.judge.report import Place, Status
from grader.worker.wire import Message, WireError, pack, unpack

FORMAT = 1
MAX_BYTES = 4 << 20  # of one submission, compressed; beyond it a regrade runs the submission again
_MAX_UNPACKED = 1 << 30
_LENGTH = struct.Struct("<I")


def inputs_of(exercise: Exercise, key: Key) -> str:
    """What a worker is asked, and within which bounds: the same for two keys whose answers are interchangeable."""
    info = exercise.info
    settings = {
        "limits": info.limits.model_dump(),
        "forbidden": sorted(info.forbidden),
        "entries": list(info.entry_names),
        "framework": info.framework.value,
    }
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode())
    for case in key.cases:
        digest.update(pack(case.request))
    return digest.hexdigest()


def packed(interview: Interview) -> bytes | None:
    """The interview, compressed; None when it is beyond the bound."""
    frames = [b"" if answer is None else pack(answer) for answer in interview.answers]
    if sum(map(len, frames)) > _MAX_UNPACKED:
        return None
    cases = [
        _without_answer(outcome) if answer is None else None
        for outcome, answer in zip(interview.outcomes, interview.answers, strict=True)
    ]
    header = {"format": FORMAT, "wall_s": interview.wall_s, "output": interview.output, "cases": cases}
    parts = [json.dumps(header).encode(), *(frame for frame in frames if frame)]
    compressor = zlib.compressobj(1)
    data = b"".join(compressor.compress(_LENGTH.pack(len(part)) + part) for part in parts)
    data += compressor.flush()
    return data if len(data) <= MAX_BYTES else None


def restored(data: bytes, key: Key, exercise: Exercise) -> Interview:
    """The interview that `packed` kept, judged against `key`, whose inputs must be those it was held with.

    Raises: `InputError` when the bytes are not such an interview.
    """
    try:
        parts = _parts(data)
        header = json.loads(parts.pop(0))
        if header["format"] != FORMAT or len(header["cases"]) != len(key.cases):
            raise ValueError
        frames = iter([read_answer(unpack(part)) for part in parts])
        held = Interview(output=str(header["output"]), wall_s=float(header["wall_s"]))
        for case, ended in zip(key.cases, header["cases"], strict=True):
            answer: Message | None = None if ended is not None else next(frames)
            held.outcomes.append(_ended(case, ended) if answer is None else judged(case, answer, exercise))
            held.answers.append(answer)
    except (zlib.error, ValueError, KeyError, IndexError, TypeError, StopIteration, WireError, struct.error):
        raise InputError(f"the stored answers of {exercise.id} are damaged") from None
    return held


def _parts(data: bytes) -> list[bytes]:
    unpacker = zlib.decompressobj()
    text = unpacker.decompress(data, _MAX_UNPACKED)
    if not unpacker.eof:
        raise ValueError("cut short")
    parts, at = [], 0
    while at < len(text):
        (length,) = _LENGTH.unpack_from(text, at)
        parts.append(text[at + _LENGTH.size : at + _LENGTH.size + length])
        at += _LENGTH.size + length
    return parts


def _without_answer(outcome: CaseOutcome) -> dict[str, Any]:
    return {
        "status": outcome.status.value,
        "message": outcome.message,
        "error_type": outcome.error_type,
        "places": [place.model_dump() for place in outcome.places],
    }


def _ended(case: KeyCase, ended: dict[str, Any]) -> CaseOutcome:
    places = tuple(Place(**place) for place in ended["places"])
    return CaseOutcome(case, Status(ended["status"]), {}, ended["message"], ended["error_type"], places)
