// TLS of a listener: its PEM files, and what clients show. server_tls.cc is the only file that
// knows GnuTLS; without it, there is no TLS in this build and load says so.
#pragma once

#include <span>

#include "api/auth/digest.h"
#include "api/client_certificate.h"
#include "api/listener_options.h"
#include "platform/base/arena.h"

struct MHD_Connection;

namespace nma {

class ServerTls {
  public:
    // TLS 1.2 and 1.3, the server's order of ciphers, and none without forward secrecy.
    static constexpr const char* priorities =
        "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-RSA:%SERVER_PRECEDENCE";

    void init(Arena& arena);

    // Reads the files and tries them out. Unless true, `error` says what to do, and nothing is to
    // be used.
    bool load(const TlsFiles& files, ListenError& error);

    // What was loaded, until the next load; null: there is none.
    const char* certificate() const { return certificate_; }
    const char* key() const { return key_; }
    const char* client_ca() const { return client_ca_; }

    // Of all that was loaded, so that a later load can tell whether anything has changed.
    const Sha256Digest& digest() const { return digest_; }

    // Once the HTTP library has taken it, the key is to be nowhere else.
    void forget_key();

    // What the client of this connection has shown. Verifies signatures, so ask seldom.
    static ShownCertificate look_at_client(MHD_Connection* connection);

  private:
    std::span<char> certificate_memory_;
    std::span<char> key_memory_;
    std::span<char> client_ca_memory_;
    const char* certificate_ = nullptr;
    const char* key_ = nullptr;
    const char* client_ca_ = nullptr;
    Sha256Digest digest_;
};

}  // namespace nma
