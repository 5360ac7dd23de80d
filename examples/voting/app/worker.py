"""Carries votes from the Redis list into PostgreSQL, one at a time."""

import os
from pathlib import Path

import psycopg
from redis import Redis

queue = Redis(os.environ["REDIS_HOST"])
password = Path(os.environ["PGPASSWORD_FILE"]).read_text().strip()

with psycopg.connect(password=password, autocommit=True) as database:
    while True:
        _, choice = queue.brpop(["votes"])
        database.execute(
            "INSERT INTO votes (choice, total) VALUES (%s, 1) ON CONFLICT (choice) DO UPDATE SET total = votes.total + 1",
            (choice.decode(),),
        )
