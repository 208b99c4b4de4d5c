#pragma once

// The pages' handlers, by noun. A GET shows, a POST acts and sends the browser on.

#include "web/call.h"
#include "web/visitor.h"

namespace muster::pages {

Result<Reply> static_file(const Call& call);

Result<Reply> show_first_run(const Call& call);
Result<Reply> first_run(const Call& call);

Result<Reply> show_sign_in(const Call& call);
Result<Reply> sign_in(const Call& call);
Result<Reply> sign_in_with_code(const Call& call);
Result<Reply> sign_out(const Call& call, const SignedIn& who);
Result<Reply> set_theme(const Call& call, const SignedIn& who);

Result<Reply> home(const Call& call, const SignedIn& who);
Result<Reply> overview(const Call& call, const SignedIn& who);
Result<Reply> start(const Call& call, const SignedIn& who);

Result<Reply> list_links(const Call& call, const Visitor<Right::links_read>& who);
Result<Reply> act_on_links(const Call& call, const Visitor<Right::links_write>& who);
Result<Reply> show_new_link(const Call& call, const Visitor<Right::links_write>& who);
Result<Reply> create_link(const Call& call, const Visitor<Right::links_write>& who);
Result<Reply> show_link(const Call& call, const Visitor<Right::links_read>& who);
Result<Reply> mark_link_sent(const Call& call, const Visitor<Right::links_write>& who);
Result<Reply> extend_link(const Call& call, const Visitor<Right::links_write>& who);
Result<Reply> withdraw_link(const Call& call, const Visitor<Right::links_write>& who);
Result<Reply> show_resend_link(const Call& call, const Visitor<Right::links_write>& who);
Result<Reply> resend_link(const Call& call, const Visitor<Right::links_write>& who);
Result<Reply> show_replace_link(const Call& call, const Visitor<Right::links_write>& who);
Result<Reply> replace_link(const Call& call, const Visitor<Right::links_write>& who);

// `/i/SECRET`: for the stranger whom a link was sent.
Result<Reply> show_install(const Call& call);
Result<Reply> install(const Call& call);

Result<Reply> keys(const Call& call, const Visitor<Right::keys_read>& who);
Result<Reply> act_on_keys(const Call& call, const Visitor<Right::keys_write>& who);
Result<Reply> find_key_of_secret(const Call& call, const Visitor<Right::keys_read>& who);
Result<Reply> show_new_key(const Call& call, const Visitor<Right::keys_write>& who);
Result<Reply> create_key(const Call& call, const Visitor<Right::keys_write>& who);
Result<Reply> check_new_key(const Call& call, const Visitor<Right::keys_write>& who);
Result<Reply> key(const Call& call, const Visitor<Right::keys_read>& who);
Result<Reply> key_devices(const Call& call, const Visitor<Right::keys_read>& who);
Result<Reply> key_arrivals(const Call& call, const Visitor<Right::keys_read>& who);
Result<Reply> show_edit_key(const Call& call, const Visitor<Right::keys_write>& who);
Result<Reply> edit_key(const Call& call, const Visitor<Right::keys_write>& who);
Result<Reply> check_key_edit(const Call& call, const Visitor<Right::keys_write>& who);
Result<Reply> show_apply_key(const Call& call, const Visitor<Right::devices_write>& who);
Result<Reply> apply_key(const Call& call, const Visitor<Right::devices_write>& who);
Result<Reply> pause_key(const Call& call, const Visitor<Right::keys_write>& who);
Result<Reply> resume_key(const Call& call, const Visitor<Right::keys_write>& who);
Result<Reply> rotate_key(const Call& call, const Visitor<Right::keys_write>& who);
Result<Reply> clone_key(const Call& call, const Visitor<Right::keys_write>& who);
Result<Reply> revoke_key(const Call& call, const Visitor<Right::keys_write>& who);
Result<Reply> delete_key(const Call& call, const Visitor<Right::keys_write>& who);

Result<Reply> account(const Call& call, const SignedIn& who);
Result<Reply> change_password(const Call& call, const SignedIn& who);
Result<Reply> end_one_session(const Call& call, const SignedIn& who);
Result<Reply> end_all_other_sessions(const Call& call, const SignedIn& who);
Result<Reply> show_second_factor(const Call& call, const SignedIn& who);
Result<Reply> begin_second_factor(const Call& call, const SignedIn& who);
Result<Reply> confirm_second_factor(const Call& call, const SignedIn& who);
Result<Reply> renew_recovery_codes(const Call& call, const SignedIn& who);
Result<Reply> end_second_factor(const Call& call, const SignedIn& who);
Result<Reply> show_new_own_token(const Call& call, const SignedIn& who);
Result<Reply> create_own_token(const Call& call, const SignedIn& who);
Result<Reply> end_own_token(const Call& call, const SignedIn& who);

Result<Reply> list_people(const Call& call, const Visitor<Right::people_read>& who);
Result<Reply> show_new_person(const Call& call, const Visitor<Right::people_write>& who);
Result<Reply> create_person(const Call& call, const Visitor<Right::people_write>& who);
Result<Reply> show_person(const Call& call, const Visitor<Right::people_read>& who);
Result<Reply> save_role(const Call& call, const Visitor<Right::people_write>& who);
Result<Reply> block_person(const Call& call, const Visitor<Right::people_write>& who);
Result<Reply> unblock_person(const Call& call, const Visitor<Right::people_write>& who);
Result<Reply> pause_keys_of_person(const Call& call, const Visitor<Right::people_write>& who);
Result<Reply> renew_invite(const Call& call, const Visitor<Right::people_write>& who);
Result<Reply> withdraw_invite(const Call& call, const Visitor<Right::people_write>& who);
Result<Reply> show_new_service_token(const Call& call, const Visitor<Right::people_write>& who);
Result<Reply> create_service_token(const Call& call, const Visitor<Right::people_write>& who);
Result<Reply> end_service_token(const Call& call, const Visitor<Right::people_write>& who);

// `/invite/SECRET`: for somebody who has no account yet.
Result<Reply> show_invite(const Call& call);
Result<Reply> accept_invite(const Call& call);

Result<Reply> list_devices(const Call& call, const Visitor<Right::devices_read>& who);
Result<Reply> act_on_devices(const Call& call, const Visitor<Right::devices_write>& who);
Result<Reply> show_device(const Call& call, const Visitor<Right::devices_read>& who);
Result<Reply> save_device(const Call& call, const Visitor<Right::devices_write>& who);
Result<Reply> approve_device(const Call& call, const Visitor<Right::devices_write>& who);
Result<Reply> show_device_removal(const Call& call, const Visitor<Right::devices_write>& who);
Result<Reply> remove_device(const Call& call, const Visitor<Right::devices_write>& who);

Result<Reply> list_groups(const Call& call, const Visitor<Right::groups_read>& who);
Result<Reply> show_new_group(const Call& call, const Visitor<Right::groups_write>& who);
Result<Reply> make_group(const Call& call, const Visitor<Right::groups_write>& who);
Result<Reply> show_group(const Call& call, const Visitor<Right::groups_read>& who);
Result<Reply> save_group(const Call& call, const Visitor<Right::groups_write>& who);
Result<Reply> show_protection(const Call& call, const Visitor<Right::groups_write>& who);
Result<Reply> set_protection(const Call& call, const Visitor<Right::groups_write>& who);
Result<Reply> delete_group(const Call& call, const Visitor<Right::groups_write>& who);

Result<Reply> list_networks(const Call& call, const Visitor<Right::networks_read>& who);
Result<Reply> show_new_network(const Call& call, const Visitor<Right::networks_write>& who);
Result<Reply> make_network(const Call& call, const Visitor<Right::networks_write>& who);
Result<Reply> show_network(const Call& call, const Visitor<Right::networks_read>& who);
Result<Reply> save_network(const Call& call, const Visitor<Right::networks_write>& who);
Result<Reply> delete_network(const Call& call, const Visitor<Right::networks_write>& who);

Result<Reply> settings(const Call& call, const Visitor<Right::settings_read>& who);
Result<Reply> save_addresses(const Call& call, const Visitor<Right::settings_write>& who);
Result<Reply> save_purge_days(const Call& call, const Visitor<Right::settings_write>& who);

Result<Reply> export_keys(const Call& call, const Visitor<Right::keys_read>& who);
Result<Reply> export_links(const Call& call, const Visitor<Right::links_read>& who);
Result<Reply> export_devices(const Call& call, const Visitor<Right::devices_read>& who);
Result<Reply> export_audit_log(const Call& call, const Visitor<Right::audit_read>& who);
// What goes with something that ends: the plan, the act, and what fell.
Result<Reply> show_plan(const Call& call, const SignedIn& who);
Result<Reply> apply_plan(const Call& call, const SignedIn& who);
Result<Reply> hand_over(const Call& call, const Visitor<Right::people_write>& who);
Result<Reply> show_receipt(const Call& call, const Visitor<Right::audit_read>& who);

Result<Reply> audit_log(const Call& call, const Visitor<Right::audit_read>& who);

}  // namespace muster::pages
