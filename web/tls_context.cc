#include "web/tls_context.h"

#include <openssl/ssl.h>

#include "web/openssl.h"

namespace muster {

std::shared_ptr<SSL_CTX> make_tls_context(std::string_view certificate_pem,
                                          std::string_view key_pem) {
  const auto certificates = read_certificates(certificate_pem);
  const auto key = read_private_key(key_pem);
  const Certificate& own = certificates.front();
  if (X509_check_private_key(own.get(), key.get()) != 1)
    throw_openssl("The TLS certificate and the TLS key do not belong together.");

  std::shared_ptr<SSL_CTX> context{SSL_CTX_new(TLS_server_method()), SSL_CTX_free};
  if (!context) throw_openssl("TLS cannot be started.");
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);  // tickets need no memory
  // A piece of an answer that is sent may be followed by another one from elsewhere, and a waiting
  // connection holds no buffers.
  SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE |
                                      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                      SSL_MODE_RELEASE_BUFFERS);

  if (SSL_CTX_use_certificate(context.get(), own.get()) != 1 ||
      SSL_CTX_use_PrivateKey(context.get(), key.get()) != 1)
    throw_openssl("The TLS certificate cannot be used.");
  for (std::size_t i = 1; i < certificates.size(); ++i) {
    if (SSL_CTX_add1_chain_cert(context.get(), certificates[i].get()) != 1)
      throw_openssl("The chain of the TLS certificate cannot be used.");
  }
  return context;
}

}  // namespace muster
