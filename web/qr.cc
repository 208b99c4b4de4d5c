#include "web/qr.h"

#include <qrcodegen/qrcodegen.hpp>
#include <string>

#include "server/format.h"

namespace muster {
namespace {

constexpr int kQuietZone = 4;  // light modules around it, without which cameras miss it

using qrcodegen::QrCode;

// One rectangle for each run of dark modules in a row.
std::string path_of(const QrCode& code) {
  std::string path;
  for (int y = 0; y < code.getSize(); ++y) {
    for (int x = 0; x < code.getSize(); ++x) {
      if (!code.getModule(x, y)) continue;
      const int from = x;
      while (x < code.getSize() && code.getModule(x, y)) ++x;
      path += formatted("M{} {}h{}v1h-{}z", from + kQuietZone, y + kQuietZone, x - from, x - from);
    }
  }
  return path;
}

}  // namespace

View qr_view(std::string_view text) {
  const auto code = QrCode::encodeText(std::string{text}.c_str(), QrCode::Ecc::MEDIUM);
  View view;
  view.set("qr_size", code.getSize() + 2 * kQuietZone).set("qr_path", path_of(code));
  return view;
}

}  // namespace muster
