"""`grader gradebook show`, as an instructor reads it."""

from pathlib import Path

from click.testing import CliRunner

from grader.cli.gradebook import gradebook
from grader.judge.report import Place, Status
from tests.gradebook.books import check, record, result, small_class


def shown(path: Path, *words: str) -> list[str]:
    done = CliRunner().invoke(gradebook, ["show", "--gradebook", str(path), *words])
    assert done.exit_code == 0, done.output
    return done.output.splitlines()


def test_every_grade_explains_itself(tmp_path: Path) -> None:
    with small_class(tmp_path / "grades.db"):
        pass
    said = "\n".join(shown(tmp_path / "grades.db", "Émile Ü", "--why"))
    assert "2.5 of 3" in said and "set by hand (prof: right idea)" in said
    assert "The kernel is flipped" in said


def test_a_failed_check_says_where_and_a_late_grade_what_it_cost(tmp_path: Path) -> None:
    at = [Place(line=7, text=""), Place(line=3, text="")]
    with small_class(tmp_path / "grades.db") as book:
        crashed = check("forward", 0, 1, Status.ERROR).model_copy(update={"places": at})
        record(book, "carl", result("relu", crashed))
    said = "\n".join(shown(tmp_path / "grades.db", "carl", "--why"))
    assert "(line 3, 7 of the file)" in said and "Handed in 20" in said


def test_no_text_of_a_learner_makes_a_line_of_its_own(tmp_path: Path) -> None:
    """An exception may say `ada  conv2d  5 of 5  passed` after a line end."""
    forged = "x\ncarl                 relu                        1 of 1      passed"
    with small_class(tmp_path / "grades.db") as book:
        record(book, "carl", result("relu", check("forward", 0, 1, Status.ERROR, message=forged)))
    lines = shown(tmp_path / "grades.db", "carl", "--why")
    assert [line.split()[-1] for line in lines if line.startswith("carl")] == ["error"]
