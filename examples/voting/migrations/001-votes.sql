CREATE TABLE IF NOT EXISTS votes (
    choice text PRIMARY KEY,
    total  bigint NOT NULL DEFAULT 0
);
