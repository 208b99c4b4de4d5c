#pragma once

#include <memory>
#include <string_view>

struct ssl_ctx_st;  // OpenSSL's SSL_CTX

namespace muster {

// What TLS connections are made from: TLS 1.2 and later, presenting this certificate (its chain
// after it). Connections keep it alive, so that it can be replaced while they run. Throws
// std::runtime_error with a sentence when the pair cannot be used.
std::shared_ptr<ssl_ctx_st> make_tls_context(std::string_view certificate_pem,
                                             std::string_view key_pem);

}  // namespace muster
