"""JUnit XML: a test suite an exercise of a learner, a test case a check. One suite is held at a time.

Source: the format that Jenkins and GitLab read (https://github.com/testmoapp/junitxml), as `grader.render.junit` writes it.
"""

from __future__ import annotations

from typing import TextIO
from xml.etree import ElementTree

from grader.gradebook.reading import with_reports
from grader.gradebook.store import Gradebook
from grader.render.junit import suite_of, valid


def write(book: Gradebook, out: TextIO, learner: str | None = None) -> None:
    """Every check of every result that counts. Overrides and lateness are no tests: they are suite properties."""
    out.write("<?xml version='1.0' encoding='utf-8'?>\n<testsuites name=\"gradebook\">\n")
    for grade, result in with_reports(book, book.grades(learner)):
        suite = suite_of(result, f"{grade.learner}.{result.exercise}.{result.device}")
        facts = {"learner": grade.learner, "score": f"{grade.score:g}", "max_score": f"{grade.max_score:g}"}
        if grade.late_submission_penalty:
            facts["late_submission_penalty"] = f"{grade.late_submission_penalty:g}"
        if grade.why:
            facts["override"] = grade.why
        properties = ElementTree.Element("properties")
        for name, value in facts.items():
            ElementTree.SubElement(properties, "property", name=name, value=valid(value))
        suite.insert(0, properties)
        ElementTree.indent(suite)
        out.write(ElementTree.tostring(suite, encoding="unicode") + "\n")
    out.write("</testsuites>\n")
