#include "web/api/paging.h"

#include "web/form.h"

namespace muster::api {

std::string next_page(const Request& request, std::string_view last_id) {
  std::string link = "<" + request.path + "?";
  for (const auto& [name, value] : request.query)
    if (name != "after") link += encode_query(name) + "=" + encode_query(value) + "&";
  return link.append("after=").append(last_id) + ">; rel=\"next\"";
}

}  // namespace muster::api
