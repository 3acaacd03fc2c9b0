-- The audit log: a signed line each, numbered without a gap from 1. Lines are added, and never changed or deleted.
CREATE TABLE audit (
  number INTEGER PRIMARY KEY CHECK (number > 0),
  line TEXT NOT NULL
) STRICT;
