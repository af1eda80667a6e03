"""What an instructor's pytest file for the assignment looks like; run once per submission, beside it."""

import cases
import conv
import pytest
import reference


@pytest.mark.parametrize("case", cases.CASES, ids=lambda case: case.__name__)
def test_case(case):
    case(conv.conv2d, conv.maxpool2d, reference)
