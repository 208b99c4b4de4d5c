#include "web/openssl.h"

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <stdexcept>

namespace muster {
namespace {

using Bio = Handle<BIO, BIO_free_all>;

Bio read_from(std::string_view text) {
  Bio bio{BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))};
  if (!bio) throw_openssl("Out of memory.");
  return bio;
}

// Without this OpenSSL would ask on the terminal, and a service would hang.
int no_passphrase(char*, int, int, void*) { return -1; }

}  // namespace

void start_openssl() { OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr); }

void throw_openssl(const std::string& sentence) {
  const unsigned long code = ERR_peek_last_error();
  const char* reason = code != 0 ? ERR_reason_error_string(code) : nullptr;
  ERR_clear_error();
  throw std::runtime_error(reason ? sentence + " (" + reason + ")" : sentence);
}

PrivateKey read_private_key(std::string_view pem) {
  start_openssl();
  ERR_clear_error();
  PrivateKey key{PEM_read_bio_PrivateKey(read_from(pem).get(), nullptr, no_passphrase, nullptr)};
  if (!key) throw_openssl("The TLS key cannot be read: it must be PEM text without a passphrase.");
  return key;
}

std::vector<Certificate> read_certificates(std::string_view pem) {
  start_openssl();
  ERR_clear_error();
  const Bio source = read_from(pem);
  std::vector<Certificate> found;
  while (Certificate next{PEM_read_bio_X509(source.get(), nullptr, no_passphrase, nullptr)})
    found.push_back(std::move(next));
  // The end of the text is an error too, and the only one that is none.
  const unsigned long end = ERR_peek_last_error();
  if (found.empty() || ERR_GET_REASON(end) != PEM_R_NO_START_LINE)
    throw_openssl("The TLS certificate cannot be read: it must be PEM text.");
  ERR_clear_error();
  return found;
}

}  // namespace muster
