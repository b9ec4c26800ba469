#include "api/server_tls.h"

namespace nma {

void ServerTls::init(Arena&) {}
bool ServerTls::load(const TlsFiles&, ListenError& error) {
    return refuse_listener(error, "this build has no TLS");
}
void ServerTls::forget_key() {}
ShownCertificate ServerTls::look_at_client(MHD_Connection*) {
    return {};
}

}  // namespace nma
