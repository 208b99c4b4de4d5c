-- Devices are found by a part of a name, and sorted, without a walk over all of them.

CREATE INDEX devices_by_enrolled_at ON devices (enrolled_at) WHERE removed_at IS NULL;
CREATE INDEX devices_by_os ON devices (os) WHERE removed_at IS NULL;
CREATE INDEX devices_removed ON devices (id) WHERE removed_at IS NOT NULL;

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

INSERT INTO devices_unindexed (device_id) SELECT id FROM devices;
