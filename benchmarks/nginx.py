"""Debian's nginx as the limit: one process, nothing logged, connections kept, files by sendfile."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

from attrs import frozen

from benchmarks.processes import LOOPBACK, Process, free_port, program, running, wait_until_answering

# One process that does all the work, as ours does. sendfile and tcp_nopush are on, as Debian has them. It opens each
# file anew, as by default and as we do, and closes no connection before the load does: no test of connecting.
CONFIGURATION = """
daemon off; master_process off; pid {folder}/pid; error_log stderr warn;
events {{ worker_connections 2048; }}
http {{
    types {{ audio/wav wav; }}
    access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000000;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    {upstream}
    server {{
        listen {loopback}:{port} backlog=2048;
        root {files};
        location = /status {{ stub_status; }}
        {relay}
    }}
}}
"""
# proxy_buffering stays on and proxy_cache off, as by default; HTTP/1.1 and kept connections are what every guide adds.
UPSTREAM = "upstream source { server %s; keepalive 64; keepalive_requests 100000000; }"
RELAY = 'location /relay/ { proxy_pass http://source/; proxy_http_version 1.1; proxy_set_header Connection ""; }'


@frozen
class Nginx:
    """A running nginx: the files of its folder at ``url``/NAME, and those of its source at ``url``/relay/NAME."""

    url: str
    process: Process

    def requests(self) -> int:
        """How many requests it has taken so far, this one included."""
        with urlopen(f"{self.url}/status") as answer:
            return int(answer.read().split()[9])


@contextmanager
def nginx(folder: Path, files: Path, source: "Nginx | None" = None) -> Iterator[Nginx]:
    """nginx over ``files``, and relaying from ``source``; its own files lie in ``folder``, which is made."""
    folder.mkdir()
    port = free_port()
    text = CONFIGURATION.format(
        folder=folder,
        loopback=LOOPBACK,
        port=port,
        files=files,
        upstream=UPSTREAM % source.url.removeprefix("http://") if source else "",
        relay=RELAY if source else "",
    )
    (folder / "nginx.conf").write_text(text)
    command = (program("nginx"), "-p", str(folder), "-e", "stderr", "-c", str(folder / "nginx.conf"))
    with (folder / "errors").open("wb") as errors, running(command, errors) as process:
        url = f"http://{LOOPBACK}:{port}"
        wait_until_answering(f"{url}/status", process)
        yield Nginx(url, process)
