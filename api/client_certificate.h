// What a client has shown of itself in the TLS handshake.
#pragma once

#include <cstdint>

#include "platform/base/fixed_text.h"

namespace nma {

enum class ClientCertificate : std::uint8_t {
    none,  // not shown, not asked for, or no TLS
    bad,   // shown, and not to be believed
    good,  // of our authority, in its time, for clients, and it names one
};

// The name in a certificate: its subject's common name.
using CertificateUid = FixedText<129>;

struct ShownCertificate {
    ClientCertificate verdict = ClientCertificate::none;
    CertificateUid uid;               // when good
    std::uint64_t checked_at_ns = 0;  // 0: not yet
};

}  // namespace nma
