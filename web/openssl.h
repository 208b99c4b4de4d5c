#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace muster {

// Owns what one of OpenSSL's functions made; the name of the one that frees it is part of the type:
// Handle<X509, X509_free>.
template <auto closer>
struct Closes {
  template <class T>
  void operator()(T* thing) const {
    closer(thing);
  }
};
template <class T, auto closer>
using Handle = std::unique_ptr<T, Closes<closer>>;

using PrivateKey = Handle<EVP_PKEY, EVP_PKEY_free>;
using Certificate = Handle<X509, X509_free>;

// To be called before anything else of OpenSSL: keeps the machine's openssl.cnf out, which may name
// engines and providers that a static binary cannot load.
void start_openssl();

// Both throw std::runtime_error with a sentence. A key behind a passphrase is refused, not asked
// for.
PrivateKey read_private_key(std::string_view pem);
// In the order of the text: the server's own first. At least one.
std::vector<Certificate> read_certificates(std::string_view pem);

// The sentence, and in brackets OpenSSL's own reason where it has left one.
[[noreturn]] void throw_openssl(const std::string& sentence);

}  // namespace muster
