#pragma once

#include "web/app.h"
#include "web/http_server.h"

namespace muster {

// From a request to its answer: protocol rules, the table of routes, and the one catch that turns
// faults into 500 and 503.
class Site : public RequestHandler {
 public:
  explicit Site(App& app) : app_(app) {}

  std::optional<Reply> before_body(const Request& head) override;
  Reply answer(Request& request) override;

 private:
  App& app_;
};

}  // namespace muster
