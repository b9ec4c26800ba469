// A client that speaks TLS over a connection of http_connect. Needs GnuTLS, as the server does.
#pragma once

#include <string_view>

struct gnutls_certificate_credentials_st;
struct gnutls_session_int;

namespace nma::test {

struct TlsClient {
    int connection = -1;
    gnutls_certificate_credentials_st* credentials = nullptr;
    gnutls_session_int* session = nullptr;
};

// The name of a certificate and its key in tests/fixtures/tls; null: the client shows none.
// `versions` is such as "+VERS-TLS1.2". False when the handshake fails; close all the same.
bool tls_connect(TlsClient& client, std::string_view address, const char* versions,
                 const char* certificate);

// "TLS1.3".
const char* tls_version(const TlsClient& client);

// The common name of the server's certificate, as "CN=server". Good until the next call.
std::string_view tls_server_name(const TlsClient& client);

// Sends, and receives one whole response; empty when the server has hung up. Good until the next.
std::string_view tls_ask(const TlsClient& client, std::string_view request);

// For more than one response: sends, and receives everything until the server hangs up.
void tls_send(const TlsClient& client, std::string_view requests);
std::string_view tls_receive_all(const TlsClient& client);

void tls_close(TlsClient& client);

}  // namespace nma::test
