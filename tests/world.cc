#include "web/routes.h"

#include "tests/world.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <set>

#include "server/format.h"
#include "server/networks.h"
#include "server/settings.h"
#include "tests/plans.h"

namespace muster {
namespace {

// The query of `path`, split as the server's edge splits it; tests write it unencoded.
std::vector<std::pair<std::string, std::string>> take_query(std::string& path) {
  std::vector<std::pair<std::string, std::string>> query;
  const auto mark = path.find('?');
  if (mark == std::string::npos) return query;
  std::string rest = path.substr(mark + 1);
  path.resize(mark);
  while (!rest.empty()) {
    const auto end = std::min(rest.find('&'), rest.size());
    const std::string pair = rest.substr(0, end);
    const auto equals = pair.find('=');
    query.emplace_back(pair.substr(0, equals),
                       equals == std::string::npos ? "" : pair.substr(equals + 1));
    rest.erase(0, end + 1);
  }
  return query;
}

bool tells_length(const Sent& sent) {
  return std::any_of(sent.headers.begin(), sent.headers.end(), [](const auto& header) {
    return header.first == "Content-Length" || header.first == "Transfer-Encoding";
  });
}

// Writes down what was answered, once each, for tests/openapi, which names the file.
void record(const Request& request, const Answer& answer) {
  constexpr std::size_t kLongest = 1'000'000;
  static const char* const file = std::getenv("MUSTER_ANSWERS");
  if (file == nullptr || answer.body.size() > kLongest || request.method == "HEAD") return;
  if (answer.headers.at("Content-Type").starts_with("text/html")) return;  // a page
  const Match match = find_route(request.method, request.path);
  const nlohmann::json line{
      {"method", request.method},
      {"pattern", match.route == nullptr ? std::string{} : std::string{match.route->pattern}},
      {"status", answer.status},
      {"content_type", answer.headers.at("Content-Type")},
      {"body", answer.body}};
  const std::string text =
      line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  static std::set<std::size_t> known;
  if (known.insert(std::hash<std::string>{}(text)).second)
    std::ofstream{file, std::ios::app} << text;
}

Answer to_answer(Reply reply) {
  Answer answer{reply.status, {}, std::move(reply.body)};
  for (auto& [name, value] : reply.headers) answer.headers[name] = value;
  answer.headers["Content-Type"] = reply.content_type;
  if (reply.stream) reply.stream([&](std::string_view piece) { answer.body += piece; });
  return answer;
}

}  // namespace

World::Running::Running(const std::string& path, const Clock& clock, const ServeConfig& config)
    : database({.path = path, .migrate = true}),
      last_seen(clock),
      app{database, clock, last_seen, refusals, token_uses, session_uses, config},
      site(app) {
  database.read([&](const Snapshot& snapshot) { last_seen.load(snapshot); });
  app.public_address.set_stored(database.read(find_public_url));
  app.public_address.set_second(database.read(find_second_url));
}

World::World() : running_(std::make_unique<Running>(database_path(), clock, config)) {
  owner_token = database().write([&](Transaction& tx) {
    const By by = By::command_line(clock.now());
    const auto owner = create_owner(tx, by, {.email = "ana@example.com", .password_hash = "-"});
    return create_token(tx, by, *owner, {.name = "tests"})->secret.reveal();
  });
}

void World::restart() {
  running_->last_seen.flush(running_->database);
  running_->refusals.flush(running_->database);
  crash();
}

void World::crash() {
  running_.reset();
  running_ = std::make_unique<Running>(database_path(), clock, config);
}

Answer World::ask(const std::string& method, const std::string& path, const std::string& body,
                  const Sent& sent) {
  Request request;
  request.id = "test";
  request.method = method;
  request.path = path;
  request.query = take_query(request.path);
  request.headers = sent.headers;
  request.peer_address = sent.from;
  if (!sent.token.empty()) request.headers.emplace_back("Authorization", "Token " + sent.token);
  const bool has_body = !body.empty() || method == "POST" || method == "PUT" || method == "PATCH";
  if (has_body && !tells_length(sent))
    request.headers.emplace_back("Content-Length", std::to_string(body.size()));
  auto early = running_->site.before_body(request);
  request.body = body;
  Answer answer = to_answer(early ? std::move(*early) : running_->site.answer(request));
  record(request, answer);
  return answer;
}

Answer World::ask(const std::string& method, const std::string& path, const std::string& body) {
  return ask(method, path, body, {.token = owner_token});
}

Answer World::ask_as_device(const std::string& secret, const std::string& path,
                            const std::string& body) {
  Sent sent;
  if (!secret.empty()) sent.headers.emplace_back("Authorization", "Bearer " + secret);
  return ask("POST", path, body, sent);
}

nlohmann::json World::make_key_object(const std::string& members) {
  const Answer answer = ask("POST", "/api/setup-keys", R"({"name": "test", )" + members + "}");
  if (answer.status != 200) throw std::runtime_error(answer.body);
  return answer.json();
}

std::string World::make_key(const std::string& members) {
  return make_key_object(members).at("key").get<std::string>();
}

std::string World::make_group(const std::string& name, bool is_protected) {
  const Answer answer = ask("POST", "/api/groups",
                            nlohmann::json{{"name", name}, {"is_protected", is_protected}}.dump());
  if (answer.status != 200) throw std::runtime_error(answer.body);
  return answer.json().at("id").get<std::string>();
}

Answer World::enroll(const std::string& key, const std::string& secret, const std::string& more,
                     const Sent& sent) {
  const std::string body =
      formatted(R"({{"key": "{}", "device_secret": "{}", "hostname": "till", "os": "linux"{}}})",
                key, secret, more);
  return ask("POST", "/api/enroll", body, sent);
}

std::string World::make_network(const std::string& name, const std::string& cidr) {
  const auto network = database().write([&](Transaction& tx) {
    return create_network(tx, By::command_line(clock.now()), {.name = name, .cidr = cidr});
  });
  if (!network) throw std::runtime_error(network.refusal().message);
  return to_text(network->id);
}

std::string World::make_token(const std::string& role, const std::vector<std::string>& scopes) {
  return database().write([&](Transaction& tx) {
    const By by = By::command_line(clock.now());
    const auto count = tx.insert(
        "INSERT INTO users (email, name, role, created_at) SELECT 'p' || count(*) ||"
        " '@example.com', 'P', ?, ? FROM users",
        {role, by.at});
    const auto person = find_person(tx, UserId{count});
    return create_token(tx, by, *person, {.name = role, .scopes = scopes})->secret.reveal();
  });
}

std::string World::stored() {
  return database().read([](const Snapshot& snapshot) {
    std::string all;
    auto tables = snapshot.query(
        "SELECT name, (SELECT group_concat('quote(\"' || name || '\")', '||'', ''||')"
        " FROM pragma_table_info(s.name)) FROM sqlite_schema s WHERE type = 'table' ORDER BY name");
    while (tables.step()) {
      const std::string table = tables.text();
      const std::string sql = formatted("SELECT {} FROM {}", tables.text(), table);
      auto rows = snapshot.query(sql);
      while (rows.step()) all += table + ": " + rows.text() + "\n";
    }
    return all;
  });
}

std::string World::text(const std::string& sql) {
  return database().read([&](const Snapshot& snapshot) {
    auto query = snapshot.query(sql);
    if (!query.step()) throw std::runtime_error("no row: " + sql);
    return query.text();
  });
}

std::int64_t World::number(const std::string& sql) { return std::stoll(text(sql)); }

void World::run(const std::string& sql) {
  database().write([&](Transaction& tx) { tx.run(sql); });
}

std::vector<std::string> World::plans(const std::function<void(const Snapshot&)>& look) {
  return query_plans(database_path(), look);
}

std::vector<std::string> World::audit_codes(std::int64_t after) {
  return database().read([&](const Snapshot& snapshot) {
    std::vector<std::string> codes;
    auto rows = snapshot.query("SELECT code FROM audit_log WHERE id > ? ORDER BY id", {after});
    while (rows.step()) codes.push_back(rows.text());
    return codes;
  });
}

std::string device_secret(int number) { return formatted("mdev_{:064x}", number); }

}  // namespace muster
