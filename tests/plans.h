#pragma once

#include <functional>
#include <string>
#include <vector>

#include "server/db.h"

namespace muster {

// How SQLite goes about every statement that `look` runs on this file: statement and steps, one
// text each.
inline std::vector<std::string> query_plans(const std::string& path,
                                            const std::function<void(const Snapshot&)>& look) {
  Database fresh{{.path = path}};  // whose connections know no other statement
  return fresh.read([&](const Snapshot& snapshot) {
    look(snapshot);
    std::vector<std::string> statements;
    auto known = snapshot.query(
        "SELECT sql FROM sqlite_stmt WHERE sql LIKE 'SELECT%' AND sql NOT LIKE '%sqlite_stmt%'");
    while (known.step()) statements.push_back(known.text());
    std::vector<std::string> plans;
    for (const std::string& sql : statements) {
      std::string plan = sql + "\n";
      const std::string explain = "EXPLAIN QUERY PLAN " + sql;
      auto steps = snapshot.query(explain);
      while (steps.step()) {
        for (int i = 0; i < 3; ++i) steps.integer();
        plan += "  " + steps.text() + "\n";
      }
      plans.push_back(plan);
    }
    return plans;
  });
}

}  // namespace muster
