"""What schemathesis is to check beside its own: loaded by its command line, as `schemathesis.toml` says."""

from typing import Any

import schemathesis
from schemathesis import Case, CheckContext, HookContext, Response
from schemathesis.core.failures import Failure

# Rules that relate a value to another, to the time, or to what lies elsewhere.
UNTOLD_BY_SCHEMAS = {
    "after": "a cursor is one that was handed out",
    "from": "a series has its length, and hours are kept for a time; a date is one of the calendar",
    "to": "a date is one of the calendar",
    "audio_url": "there is audio, and a host has a name that can be one",
    "audio": "its bytes are audio",
    "duration": "the audio tells it, or it must be told",
    "tags": "two are the same in any case of their letters",
}


@schemathesis.hook
def before_call(context: HookContext, case: Case[Any], kwargs: dict[str, Any]) -> None:
    """Follow the counts from long ago: that is told at once, and otherwise nothing for 15 seconds."""
    if case.operation.path == "/play/events":
        case.headers["Last-Event-ID"] = "0"


@schemathesis.check
def refused_only_by_what_no_schema_tells(_context: CheckContext, response: Response, case: Case[Any]) -> None:
    """A request that the contract allows is refused for fields whose rules it cannot tell, if at all."""
    if case.meta is None or not case.meta.generation.mode.is_positive or response.status_code != 422:
        return
    told = [fault for fault in response.json()["errors"] if fault["path"] not in UNTOLD_BY_SCHEMAS]
    if told:
        said = "; ".join(f"{fault['path']} {fault['message']}" for fault in told)
        raise Failure(operation=case.operation.label, title="Refused though the contract allows it", message=said)
