#pragma once

// The JSON handlers, by noun. What each answers is written at routes.cc and in the files.

#include "web/call.h"

namespace muster::api {

Result<Reply> healthz(const Call& call);
Result<Reply> readyz(const Call& call);
Result<Reply> install_sh(const Call& call);
Result<Reply> muster_agent(const Call& call);
Result<Reply> openapi(const Call& call);

Result<Reply> enroll(const Call& call);
Result<Reply> heartbeat(const Call& call, const DeviceCaller& who);
Result<Reply> leave(const Call& call, const DeviceCaller& who);

Result<Reply> list_keys(const Call& call, const Allowed<Right::keys_read>& who);
Result<Reply> create_key(const Call& call, const Allowed<Right::keys_write>& who);
Result<Reply> get_key(const Call& call, const Allowed<Right::keys_read>& who);
Result<Reply> put_key(const Call& call, const Allowed<Right::keys_write>& who);
Result<Reply> patch_key(const Call& call, const Allowed<Right::keys_write>& who);
Result<Reply> pause_key(const Call& call, const Allowed<Right::keys_write>& who);
Result<Reply> resume_key(const Call& call, const Allowed<Right::keys_write>& who);
Result<Reply> rotate_key(const Call& call, const Allowed<Right::keys_write>& who);
Result<Reply> clone_key(const Call& call, const Allowed<Right::keys_write>& who);
Result<Reply> delete_key(const Call& call, const Allowed<Right::keys_write>& who);
Result<Reply> act_on_keys(const Call& call, const Allowed<Right::keys_write>& who);
Result<Reply> apply_key(const Call& call, const Allowed<Right::devices_write>& who);
Result<Reply> list_key_devices(const Call& call, const Allowed<Right::keys_read>& who);
Result<Reply> list_key_refusals(const Call& call, const Allowed<Right::keys_read>& who);

Result<Reply> list_groups(const Call& call, const Allowed<Right::groups_read>& who);
Result<Reply> create_group(const Call& call, const Allowed<Right::groups_write>& who);
Result<Reply> get_group(const Call& call, const Allowed<Right::groups_read>& who);
Result<Reply> put_group(const Call& call, const Allowed<Right::groups_write>& who);
Result<Reply> patch_group(const Call& call, const Allowed<Right::groups_write>& who);
Result<Reply> delete_group(const Call& call, const Allowed<Right::groups_write>& who);

Result<Reply> list_devices(const Call& call, const Allowed<Right::devices_read>& who);
Result<Reply> get_device(const Call& call, const Allowed<Right::devices_read>& who);
Result<Reply> patch_device(const Call& call, const Allowed<Right::devices_write>& who);
Result<Reply> delete_device(const Call& call, const Allowed<Right::devices_write>& who);
Result<Reply> act_on_devices(const Call& call, const Allowed<Right::devices_write>& who);

Result<Reply> list_links(const Call& call, const Allowed<Right::links_read>& who);
Result<Reply> create_link(const Call& call, const Allowed<Right::links_write>& who);
Result<Reply> get_link(const Call& call, const Allowed<Right::links_read>& who);
Result<Reply> patch_link(const Call& call, const Allowed<Right::links_write>& who);
Result<Reply> withdraw_link(const Call& call, const Allowed<Right::links_write>& who);
Result<Reply> extend_link(const Call& call, const Allowed<Right::links_write>& who);
Result<Reply> resend_link(const Call& call, const Allowed<Right::links_write>& who);
Result<Reply> replace_link(const Call& call, const Allowed<Right::links_write>& who);
Result<Reply> act_on_links(const Call& call, const Allowed<Right::links_write>& who);

Result<Reply> list_peers(const Call& call, const Allowed<Right::devices_read>& who);
Result<Reply> get_peer(const Call& call, const Allowed<Right::devices_read>& who);
Result<Reply> put_peer(const Call& call, const Allowed<Right::devices_write>& who);
Result<Reply> delete_peer(const Call& call, const Allowed<Right::devices_write>& who);
Result<Reply> get_chain(const Call& call, const Allowed<Right::audit_read>& who);
Result<Reply> list_events(const Call& call, const Allowed<Right::audit_read>& who);

Result<Reply> list_users(const Call& call, const Known& who);
Result<Reply> create_user(const Call& call, const Allowed<Right::people_write>& who);
Result<Reply> put_user(const Call& call, const Allowed<Right::people_write>& who);
Result<Reply> delete_user(const Call& call, const Allowed<Right::people_write>& who);
Result<Reply> invite_user(const Call& call, const Allowed<Right::people_write>& who);
Result<Reply> get_current_user(const Call& call, const Known& who);
Result<Reply> list_tokens(const Call& call, const Known& who);
Result<Reply> create_token(const Call& call, const Known& who);
Result<Reply> get_token(const Call& call, const Known& who);
Result<Reply> delete_token(const Call& call, const Known& who);

Result<Reply> revoke(const Call& call, const Known& who);
Result<Reply> hand_over(const Call& call, const Allowed<Right::people_write>& who);

Result<Reply> list_networks(const Call& call, const Allowed<Right::networks_read>& who);
Result<Reply> create_network(const Call& call, const Allowed<Right::networks_write>& who);
Result<Reply> patch_network(const Call& call, const Allowed<Right::networks_write>& who);
Result<Reply> delete_network(const Call& call, const Allowed<Right::networks_write>& who);
Result<Reply> get_network(const Call& call, const Allowed<Right::networks_read>& who);

}  // namespace muster::api
