#pragma once

// From what was typed into a key's form to what is asked of the server. Everything that cannot
// work, alone or together, is found here and said in words beside its field.

#include "server/key_changes.h"
#include "server/keys.h"
#include "web/call.h"
#include "web/pages/field_errors.h"
#include "web/pages/key_form.h"

namespace muster::pages {

// To be used only when no error was added.
NewKey read_new_key(const Call& call, const KeyForm& typed, FieldErrors& errors);
KeyChange read_key_change(const Call& call, const KeyForm& typed, const Key& key,
                          FieldErrors& errors);

// Makes the pattern's group where it is missing. The name of the one that it made, or empty.
Result<std::string> make_missing_group(Transaction& tx, const By& by, const KeyForm& typed);

// The errors as the form's script asks for them while somebody types.
Reply show_errors(const Call& call, const FieldErrors& errors);

}  // namespace muster::pages
