#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace muster {

// The stable word of a refusal. Programs match on its text, so a word is never renamed.
enum class Reason {
  bad_request,
  invalid,
  unauthorized,
  forbidden,
  not_found,
  conflict,
  too_large,
  too_many_requests,
  unavailable,
  internal,
  key_unknown,
  key_expired,
  key_revoked,
  key_paused,
  key_used_up,
  group_protected,
  group_not_allowed,
  source_not_allowed,
  dns_labels_not_allowed,
  wireguard_key_taken,
  address_range_full,
  device_already_enrolled,
  device_removed,
  device_unknown,
  default_key,
  plan_required,
  plan_changed,
};

std::string_view text_of(Reason reason);

// What sort of no it is; the edge maps it to its own codes.
enum class Kind {
  bad_request,   // cannot be read at all
  unauthorized,  // who is it?
  forbidden,     // known, and not allowed
  not_found,
  wrong_method,
  conflict,             // the present state does not allow it
  precondition_failed,  // this sort of thing does not have what was to be changed
  gone,                 // was there, ended for good
  length_required,
  too_large,
  invalid,  // readable, and breaks a rule
  too_many_requests,
  internal,
  unavailable,
};

// An expected no: a stable reason and a sentence for the person who reads it.
struct Refusal {
  Kind kind;
  Reason reason;
  std::string message;
  int retry_after_seconds = 0;  // 0: says nothing about when

  static Refusal bad_request(std::string message) {
    return {Kind::bad_request, Reason::bad_request, std::move(message)};
  }
  static Refusal invalid(std::string message, Reason reason = Reason::invalid) {
    return {Kind::invalid, reason, std::move(message)};
  }
  static Refusal not_found(std::string message) {
    return {Kind::not_found, Reason::not_found, std::move(message)};
  }
  static Refusal conflict(std::string message, Reason reason = Reason::conflict) {
    return {Kind::conflict, reason, std::move(message)};
  }
  static Refusal forbidden(std::string message, Reason reason = Reason::forbidden) {
    return {Kind::forbidden, reason, std::move(message)};
  }
  static Refusal unauthorized(std::string message, Reason reason = Reason::unauthorized) {
    return {Kind::unauthorized, reason, std::move(message)};
  }
};

// A value, or the refusal that stands in its place. Faults are exceptions, never a Result.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Refusal refusal) : state_(std::in_place_index<1>, std::move(refusal)) {}

  explicit operator bool() const { return state_.index() == 0; }
  T& operator*() { return std::get<0>(state_); }
  const T& operator*() const { return std::get<0>(state_); }
  T* operator->() { return &std::get<0>(state_); }
  const T* operator->() const { return &std::get<0>(state_); }
  const Refusal& refusal() const { return std::get<1>(state_); }

 private:
  std::variant<T, Refusal> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Refusal refusal) : refusal_(std::move(refusal)) {}

  explicit operator bool() const { return !refusal_; }
  const Refusal& refusal() const { return *refusal_; }

 private:
  std::optional<Refusal> refusal_;
};

}  // namespace muster
