"""textual-serve's server with a page of ours: it asks nothing of other machines, takes keys without a click, and answers
only pages that it served itself.

Without the last, any page that is open in the learner's browser could connect to the quiz and answer in their name.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp_jinja2
from aiohttp import web
from aiohttp.typedefs import Middleware
from textual_serve.server import Server

from grader.quiz.web import is_loopback

_FONT_PX = 16
_PATIENCE_S = 1.0  # an open page would keep the server waiting for a minute

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class QuizServer(Server):
    """Serves until it is interrupted; `said` is called once it listens."""

    def __init__(self, command: str, host: str, port: int, said: Callable[[], None]) -> None:
        """`host` is the address to listen at."""
        super().__init__(command, host=host, port=port, title="Quiz", templates_path=Path(__file__).parent)
        self._said = said

    def serve(self, debug: bool = False) -> None:
        """Serve until Ctrl-C, which also ends the quizzes of pages that are open."""
        logging.basicConfig(level="WARNING", format="%(message)s")  # a request is no news
        app = self._make_app()
        web.run_app(
            app,
            host=self.host,
            port=self.port,
            shutdown_timeout=_PATIENCE_S,
            print=lambda *words: self._said(),  # called once, when it listens
        )

    async def on_startup(self, app: web.Application) -> None:
        """Nothing yet: it does not listen before this returns."""

    async def _make_app(self) -> web.Application:
        app: web.Application = await super()._make_app()
        app.middlewares.append(only_for_itself(is_loopback(self.host)))
        return app

    async def handle_index(self, request: web.Request) -> web.StreamResponse:
        """The page."""
        size = request.query.get("fontsize", "")
        context = {"title": self.title, "font_size": size if size.isdecimal() else _FONT_PX}
        return aiohttp_jinja2.render_template("web_page.html", request, context)


def only_for_itself(loopback: bool) -> Middleware:
    """A middleware that refuses what another page asks, and, on loopback, whoever calls this machine by another name."""

    @web.middleware
    async def refuse_strangers(request: web.Request, handler: Handler) -> web.StreamResponse:
        origin, called = request.headers.get("Origin"), urlsplit(f"//{request.host}").hostname or ""
        if origin is not None and urlsplit(origin).netloc != request.host:
            raise web.HTTPForbidden(text="This quiz answers its own page only.")
        if loopback and not is_loopback(called):
            raise web.HTTPForbidden(text="This quiz is for the computer it runs on.")
        return await handler(request)

    return refuse_strangers
