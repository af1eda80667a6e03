"""The page of figures."""

from grader.course.model import Kind
from grader.verify.result import Hunted, Judged, Proof, Verification
from grader.verify.table import table_of


def test_what_was_skipped_is_not_counted_as_proved() -> None:
    judged = Judged(wheats=3, wheats_passed=3, chaffs=8, chaffs_failed=8, chaffs_named=7, seeds=20)
    proofs = (
        Proof(
            exercise="one",
            topic="t",
            kind=Kind.FUNCTION,
            judged=judged,
            hunted=Hunted(total=5, killed=4, equivalent=1),
        ),
        Proof(exercise="two", topic="t", kind=Kind.FUNCTION, skipped="Triton is not installed here"),
    )
    said = table_of(Verification(course="cnn", version="1", sandbox="strong", proofs=proofs))
    assert "| `one` | 3 / 3 | 8 / 8 | 7 | 4 / 4 | 1 | 0 |" in said
    assert "| `two` | not proved: Triton is not installed here |" in said
    assert "| **1 exercises** | 3 / 3 | 8 / 8 | 7 (87.5 %) | 4 / 4 (100.0 %) | 1 | 0 |" in said
