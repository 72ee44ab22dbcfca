"""How long an upstream is waited for."""

from attrs import frozen


@frozen(kw_only=True)
class Patience:
    """How many seconds to wait for an upstream."""

    connect: float = 5  # for names, connection and TLS, at each hop
    first_byte: float = 10  # for everything up to the body's beginning, all redirects included
    skip: float = 60  # for the bytes before those asked for, where the upstream ignores ranges
    stall: float = 20  # between two pieces of a body
