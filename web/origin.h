#pragma once

#include "server/result.h"
#include "web/app.h"
#include "web/request.h"

namespace muster {

// Browsers name the page that sends a form in `Origin`. Refuses (403) a form of another site, of a
// `null` one, and of our own host under another scheme. Compared with the request's own scheme and
// host and with the public and the second address; behind a proxy with these alone, since there the
// Host header is whatever the proxy makes of it. An absent Origin passes: where a session decides,
// check_form_sender() asks for it.
Result<void> check_origin(const App& app, const Request& request);

// A form whose session cookie decides: absent is refused too.
Result<void> check_form_sender(const App& app, const Request& request);

}  // namespace muster
