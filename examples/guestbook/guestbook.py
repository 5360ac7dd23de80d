"""A guestbook in one page: GET shows the entries, POST adds one. Needs nothing but Python and Redis."""

import html
import os
import socket
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs


def redis(*words):
    """Sends one command to Redis and returns its answer: a list for an array, else a string (Redis protocol 2)."""
    with socket.create_connection((os.environ["REDIS_HOST"], 6379), timeout=5) as connection:
        stream = connection.makefile("rwb")
        stream.write(b"*%d\r\n" % len(words))
        for word in words:
            data = word.encode()
            stream.write(b"$%d\r\n%s\r\n" % (len(data), data))
        stream.flush()
        return answer(stream)


def answer(stream):
    kind, rest = (line := stream.readline().strip().decode())[:1], line[1:]
    if kind == "*":
        return [answer(stream) for _ in range(int(rest))]
    if kind == "$":
        return stream.read(int(rest) + 2)[:-2].decode()
    if kind == "-":
        raise RuntimeError(rest)
    return rest


class Guestbook(BaseHTTPRequestHandler):
    def do_GET(self):
        entries = "".join(f"<li>{html.escape(entry)}</li>" for entry in redis("LRANGE", "entries", "0", "99"))
        page = f"<h1>Guestbook</h1><form method=post><input name=entry><button>Sign</button></form><ul>{entries}</ul>".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def do_POST(self):
        form = parse_qs(self.rfile.read(int(self.headers.get("Content-Length", 0))).decode())
        if "entry" in form:
            redis("LPUSH", "entries", form["entry"][0])
        self.send_response(303)
        self.send_header("Location", "/")
        self.end_headers()


ThreadingHTTPServer(("", 8000), Guestbook).serve_forever()
