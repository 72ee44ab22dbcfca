"""Cross-origin requests: any site's page may list and play, and read what it needs of the answers (Fetch §3.2).

It may also say how much of a play was heard, for it may be the one that plays. All other writing takes a key, which no
stranger's page should have, and no cookie means anything here; so nothing depends on the origin, and every answer says
the same. (Starlette's middleware answers a refused preflight with plain text, and adds ``Vary: Origin`` to all.)
"""

EXPOSED = (
    "Accept-Ranges, Content-Disposition, Content-Length, Content-Range, ETag, Link, Location, Retry-After, X-Request-Id"
)
READABLE = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", EXPOSED.encode()),
]
PREFLIGHT = {
    "access-control-allow-methods": "GET, HEAD",
    "access-control-allow-headers": (
        "Authorization, If-Match, If-Modified-Since, If-None-Match, If-Range, If-Unmodified-Since, Last-Event-ID, "
        "Range, X-API-Key, X-Playback-Session-Id, X-Request-Id"
    ),
    "access-control-max-age": "86400",  # seconds; browsers make it less
}
CONFIRMING = PREFLIGHT | {
    "access-control-allow-methods": "PUT",
    "access-control-allow-headers": "Authorization, Content-Type, X-API-Key, X-Request-Id",
}
