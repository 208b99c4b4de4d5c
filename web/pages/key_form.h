#pragma once

// The form that makes or edits a setup key: what was typed, and what its template shows. It works
// without script, so the preset at its top decides what fields left empty mean.

#include <string>
#include <string_view>
#include <vector>

#include "server/keys.h"
#include "web/call.h"
#include "web/form.h"
#include "web/pages/field_errors.h"
#include "web/view.h"

namespace muster::pages {

// What stands in the form, as it was typed.
struct KeyForm {
  std::string preset = "one";  // key_presets.h
  std::string name = {};
  std::string note = {};
  std::string uses = {};
  std::string expiry = {};  // a word of the select; empty: as the preset says, or as it was
  std::string date = {};
  std::string time = {};
  std::vector<std::string> groups = {};  // ids; none: as the preset says
  std::vector<std::string> networks = {};
  std::string tags = {};  // commas between
  std::string device_name = {};
  std::string ephemeral = {};          // yes | no; empty: as the preset says
  std::string ephemeral_seconds = {};  // empty: the usual time, or as it was
  std::string allowed_cidrs = {};      // blanks or commas between
  std::string gateway_mode = {};       // none | auto | fixed; empty: as it was
  std::string gateway_device = {};     // id or name
  bool requires_approval = false;
  bool allow_extra_dns_labels = false;
  bool allow_group_choice = false;
};

KeyForm typed_in(const Form& form);
KeyForm settings_of(const Key& key);

// The group of the chosen pattern, when no other one is chosen; empty: none.
std::string_view pattern_group(const KeyForm& typed);

// What the form's template shows. `key`: the one that is edited. `message` stands above it.
View form_view(const Call& call, const KeyForm& typed, const Key* key,
               const FieldErrors& errors = {}, std::string_view message = {});

}  // namespace muster::pages
