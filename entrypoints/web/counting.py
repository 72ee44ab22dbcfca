"""The page that says what is counted, to people and to programs."""

from html import escape
from importlib.resources import files
from string import Template

from attrs import frozen
from starlette.requests import Request
from starlette.responses import Response

from entrypoints.web.counting_rules import Rules
from entrypoints.web.pages import POLICY
from entrypoints.web.wire import json_response

HTML = "text/html"
TITLES = {
    "counters": ("What each number is", "Of one clip or of all, in an hour, a day, or ever since."),
    "terms": ("What the words mean", "As this service is set at the moment."),
    "privacy": ("Who a listener is", "Told apart for a day, and known to nobody."),
    "kept": ("What is kept", "And for how long."),
    "reasons": (
        "Why a request was counted, or not",
        "Each request to stream has a reason of its own for each counter.",
    ),
}


def page(rules: Rules) -> str:
    """The rules as HTML."""
    template = Template(files("entrypoints.web").joinpath("counting.html").read_text("utf-8"))
    return template.substitute(sections="\n".join(section(name, rules) for name in rules))


def section(name: str, rules: Rules) -> str:
    title, short = TITLES[name]
    terms = "\n".join(f"<dt>{escape(term)}</dt><dd>{escape(rule)}</dd>" for term, rule in rules[name].items())
    return f'<section id="{name}"><h2>{title}</h2><p>{short}</p><dl class="terms">\n{terms}\n</dl></section>'


@frozen
class CountingEndpoints:
    """The rules are made once: they change only with the settings."""

    rules: Rules

    async def as_json(self, _request: Request) -> Response:
        return json_response(self.rules)

    async def as_html(self, _request: Request) -> Response:
        return Response(page(self.rules), headers={"cache-control": "no-cache", **POLICY}, media_type=HTML)
