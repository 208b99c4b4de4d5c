-- Invites, second factors and recovery codes.

-- A one-time link for somebody who is invited. At most one is open for each person.
CREATE TABLE invites (
  id INTEGER PRIMARY KEY,
  user_id INTEGER NOT NULL REFERENCES users,
  secret_hash BLOB NOT NULL UNIQUE CHECK (length(secret_hash) = 32),
  hint TEXT NOT NULL,
  created_by_id INTEGER REFERENCES users,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  ended_at INTEGER,
  ended_because TEXT CHECK (ended_because IN ('accepted', 'replaced', 'withdrawn')),
  CHECK ((ended_at IS NULL) = (ended_because IS NULL))
) STRICT;
CREATE INDEX invites_by_user ON invites (user_id, id);
CREATE UNIQUE INDEX invites_open ON invites (user_id) WHERE ended_at IS NULL;

-- Whose sign-in also asks for a code of their phone. Its seed stands in server_secrets as totp:ID.
CREATE TABLE second_factors (
  user_id INTEGER PRIMARY KEY REFERENCES users,
  confirmed_at INTEGER, -- null: a first code is still to come, and sign-in does not ask
  last_step INTEGER NOT NULL DEFAULT 0 -- of the last code; the next must be of a later one
) STRICT;
CREATE TABLE recovery_codes (
  user_id INTEGER NOT NULL REFERENCES users,
  code_hash BLOB NOT NULL CHECK (length(code_hash) = 32),
  used_at INTEGER,
  PRIMARY KEY (user_id, code_hash)
) STRICT, WITHOUT ROWID;
