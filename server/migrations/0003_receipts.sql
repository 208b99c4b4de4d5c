-- What fell together is read back by its cascade id.
CREATE INDEX audit_log_by_cascade ON audit_log (cascade_id, id) WHERE cascade_id <> '';
