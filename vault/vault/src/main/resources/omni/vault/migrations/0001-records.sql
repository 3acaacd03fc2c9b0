-- A key of each conversation, memory and secret, wrapped. A row is never moved and never deleted: to erase a key is to write
-- zeros over it, of the same length, in its place. So no page has a second copy of it.
CREATE TABLE row_keys (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  wrapped BLOB NOT NULL CHECK (length(wrapped) = 76)
) STRICT;

CREATE TABLE conversations (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  key INTEGER NOT NULL REFERENCES row_keys (number),
  created INTEGER NOT NULL,
  changed INTEGER NOT NULL,
  keep_seconds INTEGER,
  items INTEGER NOT NULL,
  metadata BLOB NOT NULL
) STRICT;
CREATE INDEX conversations_by_change ON conversations (changed);

CREATE TABLE items (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  conversation INTEGER NOT NULL REFERENCES conversations (number),
  created INTEGER NOT NULL,
  body BLOB NOT NULL
) STRICT;
CREATE INDEX items_by_conversation ON items (conversation, number);

CREATE TABLE memories (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  key INTEGER NOT NULL REFERENCES row_keys (number),
  created INTEGER NOT NULL,
  updated INTEGER NOT NULL,
  body BLOB NOT NULL
) STRICT;

CREATE TABLE provider_secrets (
  name TEXT PRIMARY KEY,
  key INTEGER NOT NULL REFERENCES row_keys (number),
  body BLOB NOT NULL
) STRICT;

CREATE TABLE settings (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT;

-- A row while words of something deleted may still stand in that part of the full-text index.
CREATE TABLE purge_due (name TEXT PRIMARY KEY) STRICT;

CREATE VIRTUAL TABLE item_words USING fts5 (text, tokenize = "unicode61 remove_diacritics 2");
CREATE VIRTUAL TABLE memory_words USING fts5 (text, tokenize = "unicode61 remove_diacritics 2");
