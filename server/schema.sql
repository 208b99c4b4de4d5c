-- The whole schema, as a fresh database has it. The migrations add up to exactly this.
--
-- Times are unix seconds (`…_at`). Rows are marked (removed_at, deleted_at), not deleted, wherever
-- something else still has to name them. References have no ON DELETE CASCADE: what goes with
-- something is decided in one place, where it can be shown first and written to the audit log.

CREATE TABLE settings (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- What the server must be able to read back: the key of its own certificate, the seeds of second
-- factors (`totp:ID`).
CREATE TABLE server_secrets (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE networks (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  cidr TEXT NOT NULL,
  first_address INTEGER NOT NULL, -- of the range, never given to a device, nor is the last
  last_address INTEGER NOT NULL,
  devices_reach TEXT NOT NULL DEFAULT 'everyone' CHECK (devices_reach IN ('everyone', 'gateways')),
  is_default INTEGER NOT NULL CHECK (is_default IN (0, 1)),
  high_water INTEGER NOT NULL, -- the highest address ever given; first_address at the start
  names_revision INTEGER NOT NULL DEFAULT 1, -- moves when a name or address in it changes
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  deleted_at INTEGER,
  CHECK (first_address < last_address AND high_water BETWEEN first_address AND last_address)
) STRICT;
CREATE UNIQUE INDEX networks_by_name ON networks (name) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX networks_default ON networks (is_default)
  WHERE is_default = 1 AND deleted_at IS NULL;

-- Group 1 is `All`; every device is in it without a row in group_members.
CREATE TABLE groups (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  is_protected INTEGER NOT NULL DEFAULT 0 CHECK (is_protected IN (0, 1)),
  requires_approval INTEGER NOT NULL DEFAULT 0 CHECK (requires_approval IN (0, 1)),
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  deleted_at INTEGER
) STRICT;
CREATE UNIQUE INDEX groups_by_name ON groups (name) WHERE deleted_at IS NULL;
CREATE INDEX groups_protected ON groups (id) WHERE is_protected = 1 AND deleted_at IS NULL;
CREATE INDEX groups_with_approval ON groups (id)
  WHERE requires_approval = 1 AND deleted_at IS NULL;

CREATE TABLE users (
  id INTEGER PRIMARY KEY,
  email TEXT NOT NULL, -- lower case; empty for a service user
  name TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('owner', 'admin', 'auditor', 'member')),
  is_service_user INTEGER NOT NULL DEFAULT 0 CHECK (is_service_user IN (0, 1)),
  password_hash TEXT,
  status TEXT NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'invited', 'blocked')),
  created_at INTEGER NOT NULL,
  last_login_at INTEGER,
  removed_at INTEGER
) STRICT;
CREATE UNIQUE INDEX users_by_email ON users (email)
  WHERE removed_at IS NULL AND is_service_user = 0;
CREATE UNIQUE INDEX users_by_service_name ON users (name)
  WHERE removed_at IS NULL AND is_service_user = 1;

-- Who is signed in, by browser. A row is deleted when its session ends.
CREATE TABLE sessions (
  id INTEGER PRIMARY KEY AUTOINCREMENT, -- memory knows sessions by id: an ended one's is not reused
  user_id INTEGER NOT NULL REFERENCES users,
  secret_hash BLOB NOT NULL UNIQUE CHECK (length(secret_hash) = 32),
  created_at INTEGER NOT NULL,
  last_used_at INTEGER NOT NULL,
  "from" TEXT NOT NULL, -- where it began: address and browser
  browser TEXT NOT NULL
) STRICT;
CREATE INDEX sessions_by_user ON sessions (user_id);

-- Numbers of forms that made a secret, so that a reload makes no second one.
CREATE TABLE used_forms (
  session_id INTEGER NOT NULL REFERENCES sessions,
  number TEXT NOT NULL,
  path TEXT NOT NULL DEFAULT '', -- of the page of what it made
  PRIMARY KEY (session_id, number)
) STRICT, WITHOUT ROWID;

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

CREATE TABLE access_tokens (
  id INTEGER PRIMARY KEY,
  user_id INTEGER NOT NULL REFERENCES users,
  name TEXT NOT NULL,
  scopes TEXT NOT NULL DEFAULT 'all', -- words with single blanks between
  group_ids TEXT NOT NULL DEFAULT '', -- likewise; keys:write for keys naming these alone; empty: all
  secret_hash BLOB NOT NULL UNIQUE CHECK (length(secret_hash) = 32),
  hint TEXT NOT NULL,
  created_by_id INTEGER REFERENCES users, -- null: the command line
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  last_used_at INTEGER,
  revoked_at INTEGER
) STRICT;
CREATE INDEX access_tokens_by_user ON access_tokens (user_id);

CREATE TABLE setup_keys (
  id INTEGER PRIMARY KEY AUTOINCREMENT, -- ids of purged keys are never given again
  name TEXT NOT NULL,
  note TEXT NOT NULL DEFAULT '',
  type TEXT NOT NULL CHECK (type IN ('reusable', 'one-off')),
  secret_hash BLOB NOT NULL UNIQUE CHECK (length(secret_hash) = 32),
  hint TEXT NOT NULL,
  usage_limit INTEGER NOT NULL DEFAULT 0 CHECK (usage_limit >= 0), -- 0: unlimited
  used_times INTEGER NOT NULL DEFAULT 0 CHECK (usage_limit = 0 OR used_times <= usage_limit),
  refused_times INTEGER NOT NULL DEFAULT 0,
  devices_count INTEGER NOT NULL DEFAULT 0, -- living ones; kept by the triggers at devices
  last_used_at INTEGER,
  expires_at INTEGER NOT NULL DEFAULT 0, -- 0: never
  ephemeral INTEGER NOT NULL DEFAULT 0 CHECK (ephemeral IN (0, 1)),
  ephemeral_seconds INTEGER NOT NULL DEFAULT 600 CHECK (ephemeral_seconds > 0),
  allow_extra_dns_labels INTEGER NOT NULL DEFAULT 0 CHECK (allow_extra_dns_labels IN (0, 1)),
  allow_group_choice INTEGER NOT NULL DEFAULT 0 CHECK (allow_group_choice IN (0, 1)),
  requires_approval INTEGER NOT NULL DEFAULT 0 CHECK (requires_approval IN (0, 1)),
  device_name TEXT NOT NULL DEFAULT '', -- empty: the machine's own host name
  allowed_cidrs TEXT NOT NULL DEFAULT '', -- words with single blanks between; empty: from anywhere
  gateway_mode TEXT NOT NULL DEFAULT 'auto' CHECK (gateway_mode IN ('none', 'auto', 'fixed')),
  gateway_device_id INTEGER REFERENCES devices,
  created_by_id INTEGER REFERENCES users, -- null: the command line, or a default key
  created_with_id INTEGER REFERENCES access_tokens,
  network_default_of INTEGER REFERENCES networks,
  group_default_of INTEGER REFERENCES groups,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  paused_at INTEGER,
  revoked_at INTEGER,
  deleted_at INTEGER
) STRICT;
CREATE INDEX setup_keys_by_creator ON setup_keys (created_by_id);
CREATE INDEX setup_keys_by_token ON setup_keys (created_with_id);
CREATE INDEX setup_keys_by_gateway ON setup_keys (gateway_device_id)
  WHERE gateway_device_id IS NOT NULL;
CREATE UNIQUE INDEX setup_keys_network_default ON setup_keys (network_default_of)
  WHERE network_default_of IS NOT NULL;
CREATE UNIQUE INDEX setup_keys_group_default ON setup_keys (group_default_of)
  WHERE group_default_of IS NOT NULL;

-- Keys that somebody should look at are found without a look at all others.
CREATE INDEX setup_keys_ending ON setup_keys (expires_at)
  WHERE deleted_at IS NULL AND revoked_at IS NULL AND paused_at IS NULL AND expires_at > 0;
CREATE INDEX setup_keys_endless ON setup_keys (id)
  WHERE deleted_at IS NULL AND revoked_at IS NULL AND paused_at IS NULL AND expires_at = 0
    AND usage_limit = 0;
CREATE INDEX setup_keys_by_last_use ON setup_keys (coalesce(last_used_at, created_at))
  WHERE deleted_at IS NULL AND revoked_at IS NULL AND paused_at IS NULL AND usage_limit <> 1;

-- No row: the default network, whichever that is when a device enrolls.
CREATE TABLE setup_key_networks (
  setup_key_id INTEGER NOT NULL REFERENCES setup_keys,
  position INTEGER NOT NULL,
  network_id INTEGER NOT NULL REFERENCES networks,
  PRIMARY KEY (setup_key_id, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX setup_key_networks_by_network ON setup_key_networks (network_id);

-- The groups a device gets, in the order in which they were sent; twice the same is kept.
CREATE TABLE setup_key_groups (
  setup_key_id INTEGER NOT NULL REFERENCES setup_keys,
  position INTEGER NOT NULL,
  group_id INTEGER NOT NULL REFERENCES groups,
  PRIMARY KEY (setup_key_id, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX setup_key_groups_by_group ON setup_key_groups (group_id);

CREATE TABLE setup_key_tags (
  setup_key_id INTEGER NOT NULL REFERENCES setup_keys,
  position INTEGER NOT NULL,
  tag TEXT NOT NULL,
  PRIMARY KEY (setup_key_id, position)
) STRICT, WITHOUT ROWID;

-- Each around a one-time setup key, whose secret is its own. Opened: its page, by a person.
CREATE TABLE install_links (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  setup_key_id INTEGER NOT NULL UNIQUE REFERENCES setup_keys,
  batch_id INTEGER, -- those made together
  recipient TEXT NOT NULL,
  note TEXT NOT NULL,
  message TEXT NOT NULL,
  opened_times INTEGER NOT NULL DEFAULT 0,
  first_opened_at INTEGER,
  last_opened_at INTEGER,
  sent_at INTEGER,
  sent_by_id INTEGER REFERENCES users,
  sent_via TEXT,
  replaced_by_id INTEGER REFERENCES install_links,
  withdrawn_at INTEGER, -- set when it is replaced: it had been withdrawn before
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE devices (
  id INTEGER PRIMARY KEY AUTOINCREMENT, -- ids of purged devices are never given again
  name TEXT NOT NULL,
  hostname TEXT NOT NULL, -- what the machine said of itself
  os TEXT NOT NULL CHECK (os IN ('linux', 'macos', 'windows', 'freebsd', 'other')),
  os_version TEXT NOT NULL,
  arch TEXT NOT NULL,
  agent_version TEXT NOT NULL,
  machine_id TEXT NOT NULL,
  secret_hash BLOB NOT NULL UNIQUE CHECK (length(secret_hash) = 32),
  wireguard_public_key TEXT,
  setup_key_id INTEGER NOT NULL REFERENCES setup_keys,
  enrolled_with_hash BLOB NOT NULL CHECK (length(enrolled_with_hash) = 32), -- the key's, as it was
  enrolled_at INTEGER NOT NULL,
  enrolled_from TEXT NOT NULL,
  approved_at INTEGER, -- null: waiting
  ephemeral INTEGER NOT NULL CHECK (ephemeral IN (0, 1)),
  ephemeral_seconds INTEGER NOT NULL,
  ssh_enabled INTEGER NOT NULL DEFAULT 0 CHECK (ssh_enabled IN (0, 1)), -- kept for API clients
  is_gateway INTEGER NOT NULL DEFAULT 0 CHECK (is_gateway IN (0, 1)),
  endpoint TEXT NOT NULL DEFAULT '',
  gateway_device_id INTEGER REFERENCES devices,
  revision INTEGER NOT NULL DEFAULT 1, -- moves when this device's own tunnel changes
  removed_at INTEGER,
  removed_because TEXT
) STRICT;
CREATE UNIQUE INDEX devices_by_name ON devices (name) WHERE removed_at IS NULL;
CREATE UNIQUE INDEX devices_by_wireguard_key ON devices (wireguard_public_key)
  WHERE removed_at IS NULL AND wireguard_public_key IS NOT NULL;
CREATE INDEX devices_by_setup_key ON devices (setup_key_id, removed_at);
CREATE INDEX devices_by_enrolled_at ON devices (enrolled_at) WHERE removed_at IS NULL;
CREATE INDEX devices_by_os ON devices (os) WHERE removed_at IS NULL;
CREATE INDEX devices_removed ON devices (id) WHERE removed_at IS NOT NULL;
CREATE INDEX devices_by_day ON devices (enrolled_at); -- removed ones too
CREATE INDEX devices_by_key_and_enrolled_at ON devices (setup_key_id, enrolled_at);
CREATE INDEX devices_waiting ON devices (id) WHERE removed_at IS NULL AND approved_at IS NULL;
CREATE INDEX devices_ephemeral_removed ON devices (removed_at)
  WHERE ephemeral = 1 AND removed_at IS NOT NULL;
CREATE INDEX devices_by_gateway ON devices (gateway_device_id)
  WHERE gateway_device_id IS NOT NULL;
CREATE INDEX devices_ephemeral ON devices (id) WHERE removed_at IS NULL AND ephemeral = 1;

-- A list of keys shows how many devices live through each, sorted by it or not: counted here, since
-- counting anew would take a step for each device.
CREATE TRIGGER devices_added AFTER INSERT ON devices WHEN new.removed_at IS NULL BEGIN
  UPDATE setup_keys SET devices_count = devices_count + 1 WHERE id = new.setup_key_id;
END;
CREATE TRIGGER devices_removed AFTER UPDATE OF removed_at ON devices
  WHEN (old.removed_at IS NULL) <> (new.removed_at IS NULL) BEGIN
  UPDATE setup_keys SET devices_count = devices_count + iif(new.removed_at IS NULL, 1, -1)
    WHERE id = new.setup_key_id;
END;

CREATE TABLE group_members (
  id INTEGER PRIMARY KEY, -- keeps the order in which they were put there
  group_id INTEGER NOT NULL REFERENCES groups,
  device_id INTEGER NOT NULL REFERENCES devices,
  UNIQUE (group_id, device_id)
) STRICT;
CREATE INDEX group_members_by_group ON group_members (group_id); -- in order of id
CREATE INDEX group_members_by_device ON group_members (device_id);

CREATE TABLE device_tags (
  device_id INTEGER NOT NULL REFERENCES devices,
  tag TEXT NOT NULL,
  PRIMARY KEY (device_id, tag)
) STRICT, WITHOUT ROWID;
CREATE INDEX device_tags_by_tag ON device_tags (tag);

CREATE TABLE device_dns_labels (
  device_id INTEGER NOT NULL REFERENCES devices,
  label TEXT NOT NULL,
  PRIMARY KEY (device_id, label)
) STRICT, WITHOUT ROWID;

-- One row for each address that was ever given: held by a device, or free since freed_at.
CREATE TABLE addresses (
  network_id INTEGER NOT NULL REFERENCES networks,
  address INTEGER NOT NULL,
  device_id INTEGER REFERENCES devices,
  freed_at INTEGER,
  PRIMARY KEY (network_id, address),
  CHECK ((device_id IS NULL) <> (freed_at IS NULL))
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX addresses_by_device ON addresses (device_id, network_id)
  WHERE device_id IS NOT NULL;
CREATE INDEX addresses_freed ON addresses (network_id, freed_at) WHERE device_id IS NULL;

-- Parts of devices' names, host names and addresses, by three letters each. What changed waits in
-- devices_unindexed until upkeep brings it in: a machine that enrolls must not wait for that, and a
-- search looks at those that wait too.
CREATE VIRTUAL TABLE device_search USING fts5(words, tokenize = 'trigram', detail = none);
CREATE TABLE devices_unindexed (
  device_id INTEGER PRIMARY KEY
) STRICT;
CREATE TRIGGER device_search_added AFTER INSERT ON devices BEGIN
  INSERT INTO devices_unindexed (device_id) VALUES (new.id) ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER device_search_renamed AFTER UPDATE OF name, hostname ON devices BEGIN
  INSERT INTO devices_unindexed (device_id) VALUES (new.id) ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER device_search_deleted AFTER DELETE ON devices BEGIN
  DELETE FROM device_search WHERE rowid = old.id;
  DELETE FROM devices_unindexed WHERE device_id = old.id;
END;
CREATE TRIGGER device_search_addressed AFTER INSERT ON addresses
  WHEN new.device_id IS NOT NULL BEGIN
  INSERT INTO devices_unindexed (device_id) VALUES (new.device_id) ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER device_search_readdressed AFTER UPDATE OF device_id ON addresses
  WHEN new.device_id IS NOT NULL BEGIN
  INSERT INTO devices_unindexed (device_id) VALUES (new.device_id) ON CONFLICT DO NOTHING;
END;

-- Narrow and written in batches: heartbeats must not wear an SD card.
CREATE TABLE last_seen (
  device_id INTEGER PRIMARY KEY REFERENCES devices,
  at INTEGER NOT NULL,
  is_down INTEGER NOT NULL DEFAULT 0 CHECK (is_down IN (0, 1)) -- it said that it leaves
) STRICT;

CREATE TABLE refusals (
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  setup_key_id INTEGER NOT NULL REFERENCES setup_keys,
  reason TEXT NOT NULL,
  "from" TEXT NOT NULL,
  hostname TEXT NOT NULL
) STRICT;
CREATE INDEX refusals_by_key ON refusals (setup_key_id, id);
CREATE INDEX refusals_by_time ON refusals (at);

-- Append only. Ids and names as text, no references: what is gone stays named. `hash` covers the
-- previous row's hash and every column before it; that set never changes.
CREATE TABLE audit_log (
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  code TEXT NOT NULL,
  actor TEXT NOT NULL, -- "user:1 ana@example.com", "setup_key:4 Shop tills", "command_line", "server"
  target TEXT NOT NULL, -- the same shape
  "from" TEXT NOT NULL, -- network address of the caller, or empty
  cascade_id TEXT NOT NULL, -- empty outside cascades
  details TEXT NOT NULL, -- a JSON object; all values are text
  hash BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;
CREATE INDEX audit_log_by_actor ON audit_log (actor, id);
CREATE INDEX audit_log_by_target ON audit_log (target, id);
CREATE INDEX audit_log_by_cascade ON audit_log (cascade_id, id) WHERE cascade_id <> '';
