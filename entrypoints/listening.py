"""Where the service listens: bound before anything else is started, since it may be taken."""

import socket


def listening_socket(host: str, port: int) -> socket.socket:
    """A socket that takes connections already. Raises OSError: the address is taken, or is not this machine's."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2_048)
    except OSError as error:
        reason = (error.strerror or "").partition(" (while")[0]  # behind it create_server repeats the address
        raise OSError(error.errno, reason, f"{host}:{port}") from error
