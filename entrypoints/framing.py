"""Whether the head of a request says clearly where it goes and where it ends (RFC 9112 §3.2, §6)."""

import re
from collections.abc import Iterable
from http import HTTPStatus

from entrypoints.web.problems import Problem

# RFC 9110 §7.2, RFC 3986 §3.2: a name, an IPv4 address or an IPv6 address in brackets; and a port.
HOST = re.compile(rb"(?:[A-Za-z0-9._~!$&'()*+,;=%-]*|\[[0-9A-Fa-f:.]+\])(?::[0-9]*)?")

NO_HTTP = Problem(HTTPStatus.BAD_REQUEST, "This is no HTTP request, or its method is none.")
NO_HOST = Problem(HTTPStatus.BAD_REQUEST, "A request has one Host, which is a name or an address.")
NO_SUCH_CODING = Problem(HTTPStatus.NOT_IMPLEMENTED, "A body is sent as it is, with its length or in chunks.")
NO_CHUNKS = Problem(HTTPStatus.BAD_REQUEST, "HTTP/1.0 knows no Transfer-Encoding.")


def fault_of_head(version: str, fields: Iterable[tuple[bytes, bytes]]) -> Problem | None:
    """Why a request of this HTTP version cannot be trusted, or None. Names are in lower case.

    A proxy in front may have read otherwise what is not clear, and so be made to carry another's request."""
    hosts = 0
    for name, value in fields:
        if name == b"host":
            hosts += 1
            if hosts > 1 or not HOST.fullmatch(value):
                return NO_HOST
        elif name == b"transfer-encoding":
            if version != "1.1":
                return NO_CHUNKS
            if value.lower() != b"chunked":
                return NO_SUCH_CODING
    if version == "1.1":
        return None if hosts else NO_HOST
    return None if version == "1.0" else NO_HTTP
