"""The web page: one button for each choice; a vote is a word in the Redis list `votes`."""

import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

from redis import Redis

CHOICES = os.environ["CHOICES"].split(",")
queue = Redis(os.environ["REDIS_HOST"])


class Vote(BaseHTTPRequestHandler):
    def do_GET(self):
        buttons = "".join(f"<button name=choice value={choice}>{choice}</button>" for choice in CHOICES)
        self.answer(b"ok" if self.path == "/health" else f"<form method=post>{buttons}</form>".encode())

    def do_POST(self):
        form = parse_qs(self.rfile.read(int(self.headers.get("Content-Length", 0))).decode())
        for choice in set(form.get("choice", [])) & set(CHOICES):
            queue.lpush("votes", choice)
        self.answer(b"Thank you.")

    def answer(self, body):
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


ThreadingHTTPServer(("", 8000), Vote).serve_forever()
