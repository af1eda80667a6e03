"""One module for each family of answers; `grader.quiz.mark` picks the one that fits."""
