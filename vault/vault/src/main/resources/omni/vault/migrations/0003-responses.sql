-- An answer that was asked for by itself: which items of its conversation it was asked with, and which it gave, under the
-- conversation's key. It goes with its conversation.
CREATE TABLE responses (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  conversation INTEGER NOT NULL REFERENCES conversations (number),
  created INTEGER NOT NULL,
  body BLOB NOT NULL
) STRICT;
CREATE INDEX responses_by_conversation ON responses (conversation, number);
