#pragma once

#include <type_traits>

#include "web/access.h"
#include "web/answer.h"
#include "web/app.h"
#include "web/reply.h"
#include "web/request.h"

namespace muster {

// What a handler gets, and how it opens its act. A GET only ever reads: `read` gives a Snapshot,
// and a Snapshot cannot write.
struct Call {
  App& app;
  const Request& request;

  template <class Act>
  auto read(Act&& act) const {
    return app.database.read(std::forward<Act>(act));
  }

  // Runs `act(tx, by)` if, inside the same act, the caller may still do it.
  template <Right right, class Act>
  auto write(const Allowed<right>& who, Act&& act) const {
    const By by = who.caller().by(app.clock.now(), request);
    using Answer = std::invoke_result_t<Act, Transaction&, const By&>;
    return app.database.write([&](Transaction& tx) -> Answer {
      if (auto still = check_still_allowed(tx, who.caller(), right, by.at); !still)
        return still.refusal();
      return act(tx, by);
    });
  }
};

}  // namespace muster
