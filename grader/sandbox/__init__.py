"""Running untrusted code: levels, limits, and the talk with the worker."""

from grader.sandbox.policy import Ending, Level, Limits, Outcome, WorkerEnded
from grader.sandbox.pool import Framework, Pool
from grader.sandbox.session import Session

__all__ = ["Ending", "Framework", "Level", "Limits", "Outcome", "Pool", "Session", "WorkerEnded"]
