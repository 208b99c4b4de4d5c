#pragma once

#include <type_traits>

#include "web/access.h"
#include "web/answer.h"
#include "web/app.h"
#include "web/reply.h"
#include "web/request.h"
#include "web/visitor.h"

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
    using Outcome = std::invoke_result_t<Act, Transaction&, const By&>;
    return app.database.write([&](Transaction& tx) -> Outcome {
      if (auto still = check_still_allowed(tx, who.caller(), right, by.at); !still)
        return still.refusal();
      return act(tx, by);
    });
  }

  // Runs `act(tx, by, live)`, where `live` is who the caller is inside the same act; what they may
  // do with their own is for the act to say.
  template <class Act>
  auto write(const Known& who, Act&& act) const {
    const By by = who.caller().by(app.clock.now(), request);
    using Outcome = std::invoke_result_t<Act, Transaction&, const By&, const LiveToken&>;
    return app.database.write([&](Transaction& tx) -> Outcome {
      const auto live = find_still_live(tx, who.caller(), by.at);
      if (!live) return live.refusal();
      return act(tx, by, *live);
    });
  }

  // The same for somebody at a browser.
  template <class Act>
  auto write(const SignedIn& who, Act&& act) const {
    const By by = who.by(app.clock.now(), request);
    using Outcome = std::invoke_result_t<Act, Transaction&, const By&>;
    return app.database.write([&](Transaction& tx) -> Outcome {
      if (auto still = who.check_still(tx, app, by.at); !still) return still.refusal();
      return act(tx, by);
    });
  }
};

}  // namespace muster
