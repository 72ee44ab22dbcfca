"""What every answer tells browsers, so that nothing a stranger put into one runs, or is framed by another site.

Strict-Transport-Security is for who ends TLS: over plain HTTP it means nothing (RFC 6797 §7.2).
"""

from starlette.types import Message

NO_GUESSING = (b"x-content-type-options", b"nosniff")
SAFE = (NO_GUESSING, (b"referrer-policy", b"no-referrer"))
INERT = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")
POLICY, TYPE = b"content-security-policy", b"content-type"


def make_safe(message: Message) -> None:
    """Add the fields to a response's start. What brings no policy is shown as it is, and loads and runs nothing."""
    headers = message["headers"]
    for name, value in headers:
        if name == TYPE and value.startswith(b"audio/"):  # it refers to nothing, and is shown by the browser's own page
            message["headers"] = [*headers, NO_GUESSING]
            return
        if name == POLICY:
            message["headers"] = [*headers, *SAFE]
            return
    message["headers"] = [*headers, *SAFE, INERT]
