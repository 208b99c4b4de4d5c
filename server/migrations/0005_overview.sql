-- What wants attention, and who came in when, are found without a look at everything.

CREATE INDEX setup_keys_ending ON setup_keys (expires_at)
  WHERE deleted_at IS NULL AND revoked_at IS NULL AND paused_at IS NULL AND expires_at > 0;
CREATE INDEX setup_keys_endless ON setup_keys (id)
  WHERE deleted_at IS NULL AND revoked_at IS NULL AND paused_at IS NULL AND expires_at = 0
    AND usage_limit = 0;
CREATE INDEX setup_keys_by_last_use ON setup_keys (coalesce(last_used_at, created_at))
  WHERE deleted_at IS NULL AND revoked_at IS NULL AND paused_at IS NULL AND usage_limit <> 1;

CREATE INDEX devices_by_day ON devices (enrolled_at); -- removed ones too
CREATE INDEX devices_by_key_and_enrolled_at ON devices (setup_key_id, enrolled_at);
