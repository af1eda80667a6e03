"""What leaves the instructor's machine: a learner's kit, an autograder bundle, a repository template."""
