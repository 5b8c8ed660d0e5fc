"""Servers on loopback that the remote tier is tested against: one that misbehaves, and real ones."""

from __future__ import annotations

import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class FaultyServer:
    """Keeps what is put and gives it back, unless `fault` does something else with an answer.

    `fault(server, path, data)` gets the right bytes of a GET and returns those to send; it may also
    sleep, or raise `Status`, `Vanish` or `CutShort`.
    """

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.requests: list[tuple[str, str]] = []
        self.headers: list[dict[str, str]] = []
        self.fault: Callable[[FaultyServer, str, bytes | None], bytes | None] | None = None
        self.put_status = 201
        handler = type("Handler", (_Handler,), {"owner": self})
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}/cache"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Goes away: later requests are refused by the system."""
        self._http.shutdown()
        self._http.server_close()


class Status(Exception):
    """Answer with this status and nothing else."""


class Vanish(Exception):
    """Close the connection without an answer."""


class CutShort(Exception):
    """Promise all bytes, send some, close."""


class _Handler(BaseHTTPRequestHandler):
    owner: FaultyServer
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._note()
        data = self.owner.objects.get(self.path)
        try:
            if self.owner.fault is not None:
                data = self.owner.fault(self.owner, self.path, data)
        except Status as status:
            self._answer(status.args[0], b"")
            return
        except Vanish:
            self.close_connection = True
            return
        except CutShort:
            self.send_response(200)
            self._common(1000)
            self.wfile.write(bytes(500))
            self.close_connection = True
            return
        if data is None:
            self._answer(404, b"")
        else:
            self._answer(200, data)

    def do_PUT(self) -> None:
        self._note()
        data = self.rfile.read(int(self.headers.get("content-length", 0)))
        if self.owner.put_status < 300:
            self.owner.objects[self.path] = data
        self._answer(self.owner.put_status, b"")

    def do_MKCOL(self) -> None:
        self._answer(201, b"")

    def _note(self) -> None:
        self.owner.requests.append((self.command, self.path))
        self.owner.headers.append({name.lower(): value for name, value in self.headers.items()})

    def _common(self, length: int) -> None:
        self.send_header("content-length", str(length))
        self.send_header("last-modified", "Sun, 22 Nov 2026 10:00:00 GMT")
        self.send_header("etag", '"1"')
        self.end_headers()

    def _answer(self, status: int, data: bytes) -> None:
        try:
            self.send_response(status)
            self._common(len(data))
            self.wfile.write(data)
        except OSError:
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        pass


def free_port() -> int:
    """A port that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


NGINX = """daemon off; worker_processes 1; pid {root}/nginx.pid; error_log {root}/error.log;
events {{ worker_connections 256; }}
http {{
  access_log off; client_body_temp_path {root}/body; proxy_temp_path {root}/p;
  fastcgi_temp_path {root}/f; uwsgi_temp_path {root}/u; scgi_temp_path {root}/s;
  client_max_body_size 64m;
  server {{
    listen 127.0.0.1:{port}; root {root}/files;
    location / {{ dav_methods PUT DELETE MKCOL COPY MOVE; create_full_put_path on; }}
  }}
}}
"""

APACHE = """ServerRoot {root}
PidFile {root}/httpd.pid
ErrorLog {root}/error.log
Listen 127.0.0.1:{port}
ServerName localhost
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule dav_module {modules}/mod_dav.so
LoadModule dav_fs_module {modules}/mod_dav_fs.so
DAVLockDB {root}/locks
DocumentRoot {root}/files
<Directory {root}/files>
  Dav On
  Require all granted
</Directory>
"""
APACHE_MODULES = Path("/usr/lib/apache2/modules")


def webdav_command(kind: str, root: Path, port: int) -> list[str] | str:
    """How a real WebDAV server is started over an empty folder that everyone may enter (where tests
    run as root, the server's workers are another user); a text says why it can't be."""
    (root / "files").mkdir()
    (root / "files").chmod(0o777)
    if kind == "nginx":
        program = shutil.which("nginx") or shutil.which("/usr/sbin/nginx")
        if program is None:
            return "nginx is not installed (apt install nginx-light)"
        (root / "nginx.conf").write_text(NGINX.format(root=root, port=port))
        return [program, "-p", str(root), "-c", str(root / "nginx.conf")]
    program = shutil.which("apache2") or shutil.which("/usr/sbin/apache2")
    if program is None or not (APACHE_MODULES / "mod_dav_fs.so").exists():
        return "Apache is not installed (apt install apache2-bin)"
    (root / "httpd.conf").write_text(APACHE.format(root=root, port=port, modules=APACHE_MODULES))
    return [program, "-X", "-f", str(root / "httpd.conf")]


def wait_for(port: int, process: subprocess.Popen[bytes], seconds: float = 20) -> None:
    """Until something listens on the port."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with {process.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), 0.2).close()
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError("the server does not listen")
