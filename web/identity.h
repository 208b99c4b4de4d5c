#pragma once

#include <string>
#include <vector>

#include "server/config.h"
#include "server/db.h"
#include "web/http_server.h"

namespace muster {

// The private key of the self-made certificate: made once, kept in the database, so that a backup
// carries it and the pin in lines sent out stays good.
std::string keep_tls_key(Database& database);

// A PEM file as text. Throws a sentence when it cannot be read.
std::string read_pem(const std::string& file);

struct Identity {
  TlsIdentity tls;
  std::string pin;  // of a self-made certificate; empty with a given one
};

// The given certificate, or one made now for this machine: its host name, NAME.local, all its
// addresses and the hosts of `urls`, under which it is reached. Throws a sentence for a given
// pair that is unusable.
Identity make_identity(const ServeConfig& config, const std::vector<std::string>& urls,
                       Database& database, std::int64_t now);

// `NAME.local`, under which a machine on the same wire finds this one.
std::string local_name();

}  // namespace muster
