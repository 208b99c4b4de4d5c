#pragma once

// Who is asking, and may they? The answer is a type: a handler that takes
// `const Allowed<Right::keys_write>&` cannot run for anybody who lacks that right, because only
// this file makes such a value.

#include <utility>

#include "server/access_tokens.h"
#include "server/devices.h"
#include "web/app.h"
#include "web/request.h"

namespace muster {

// A person or service user who acts with an access token.
struct Caller {
  LiveToken live;
  Hash token_hash;

  By by(std::int64_t now, const Request& request) const;
};

template <Right right>
class Allowed {
 public:
  const Caller& caller() const { return caller_; }

 private:
  template <Right r>
  friend Result<Allowed<r>> allow(App& app, const Request& request);
  explicit Allowed(Caller caller) : caller_(std::move(caller)) {}
  Caller caller_;
};

// Anybody with a good token: for what people may do with what is their own, whatever their role.
// The handler decides what that is.
class Known {
 public:
  const Caller& caller() const { return caller_; }

 private:
  friend Result<Known> allow_known(App& app, const Request& request);
  explicit Known(Caller caller) : caller_(std::move(caller)) {}
  Caller caller_;
};

// A device that shows its own secret.
class DeviceCaller {
 public:
  const Device& device() const { return device_; }
  By by(std::int64_t now, const Request& request) const;

 private:
  friend Result<DeviceCaller> allow_device(App& app, const Request& request);
  explicit DeviceCaller(Device device) : device_(std::move(device)) {}
  Device device_;
};

// 401 without a good token, 403 for a blocked person.
Result<Caller> authenticate(App& app, const Request& request);
// Also 403 for a missing right.
Result<Caller> authenticate(App& app, const Request& request, Right right);
// The same questions again, inside the act that changes something: a token revoked a moment ago
// changes nothing any more.
Result<void> check_still_allowed(const Snapshot& snapshot, const Caller& caller, Right right,
                                 std::int64_t now);
// Who that is by now, rights aside.
Result<LiveToken> find_still_live(const Snapshot& snapshot, const Caller& caller, std::int64_t now);

template <Right right>
Result<Allowed<right>> allow(App& app, const Request& request) {
  auto caller = authenticate(app, request, right);
  if (!caller) return caller.refusal();
  return Allowed<right>{std::move(*caller)};
}

Result<Known> allow_known(App& app, const Request& request);
// 401 device_unknown, 410 device_removed.
Result<DeviceCaller> allow_device(App& app, const Request& request);

}  // namespace muster
