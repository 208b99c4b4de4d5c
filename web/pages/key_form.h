#pragma once

// The form that makes or edits a setup key. It works without script, so the preset at its top
// decides what fields left empty mean.

#include <string>
#include <vector>

#include "server/key_changes.h"
#include "server/keys.h"
#include "web/call.h"
#include "web/form.h"
#include "web/view.h"

namespace muster::pages {

// What stands in the form, as it was typed.
struct KeyForm {
  std::string preset = "one";  // one | several | temporary
  std::string name = {};
  std::string note = {};
  std::string uses = {};
  std::string expiry = {};  // a word of the select; empty: as the preset says, or as it was
  std::string date = {};
  std::string time = {};
  std::vector<std::string> groups = {};  // ids
  std::vector<std::string> networks = {};
  std::string tags = {};  // commas between
  std::string device_name = {};
  std::string ephemeral = {};  // yes | no; empty: as the preset says
  std::string ephemeral_seconds = {};
  std::string allowed_cidrs = {};  // blanks or commas between
  bool requires_approval = false;
  bool allow_extra_dns_labels = false;
  bool allow_group_choice = false;
};

KeyForm typed_in(const Form& form);
KeyForm settings_of(const Key& key);

// Refusals are sentences for the person at the form; combinations that cannot work are among them.
Result<NewKey> read_new_key(const Call& call, const KeyForm& typed);
Result<KeyChange> read_key_change(const Call& call, const KeyForm& typed, const Key& key);

// What the form's template shows. `key`: the one that is edited.
View form_view(const Call& call, const KeyForm& typed, const Key* key, std::string_view message);

}  // namespace muster::pages
