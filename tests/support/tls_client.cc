#include "tests/support/tls_client.h"

#ifdef NMA_TLS
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "platform/base/check.h"
#include "tests/support/http_client.h"

namespace nma::test {

namespace {

constexpr std::string_view fixtures = NMA_SOURCE_DIR "/tests/fixtures/tls/";

bool is_whole(std::string_view response) {
    const std::size_t end = response.find("\r\n\r\n");
    if (end == response.npos) return false;
    const std::string length(http_header(response, "Content-Length"));
    return response.size() >= end + 4 + static_cast<std::size_t>(atol(length.c_str()));
}

}  // namespace

bool tls_connect(TlsClient& client, std::string_view address, const char* versions,
                 const char* certificate) {
    client.connection = http_connect(address);
    NMA_CHECK(gnutls_certificate_allocate_credentials(&client.credentials) == 0);
    if (certificate != nullptr) {
        const std::string base = std::string(fixtures) + certificate;
        NMA_CHECK(gnutls_certificate_set_x509_key_file(client.credentials, (base + ".pem").c_str(),
                                                       (base + ".key").c_str(),
                                                       GNUTLS_X509_FMT_PEM) == 0);
    }
    // Old versions are off by default; a client that insists on one takes old signatures, too.
    const std::string priorities =
        std::string("NORMAL:-VERS-ALL:") + versions + ":+SIGN-ALL:%VERIFY_ALLOW_SIGN_WITH_SHA1";
    NMA_CHECK(gnutls_init(&client.session, GNUTLS_CLIENT | GNUTLS_FORCE_CLIENT_CERT) == 0);
    NMA_CHECK(gnutls_priority_set_direct(client.session, priorities.c_str(), nullptr) == 0);
    NMA_CHECK(gnutls_credentials_set(client.session, GNUTLS_CRD_CERTIFICATE, client.credentials) ==
              0);
    gnutls_transport_set_int(client.session, client.connection);
    int status = GNUTLS_E_AGAIN;
    while (status < 0 && gnutls_error_is_fatal(status) == 0)
        status = gnutls_handshake(client.session);
    return status == 0;
}

const char* tls_version(const TlsClient& client) {
    return gnutls_protocol_get_name(gnutls_protocol_get_version(client.session));
}

std::string_view tls_server_name(const TlsClient& client) {
    static char name[256];
    unsigned count = 0;
    const gnutls_datum_t* chain = gnutls_certificate_get_peers(client.session, &count);
    gnutls_x509_crt_t certificate = nullptr;
    std::size_t bytes = sizeof name;
    NMA_CHECK(count > 0 && gnutls_x509_crt_init(&certificate) == 0 &&
              gnutls_x509_crt_import(certificate, chain, GNUTLS_X509_FMT_DER) == 0 &&
              gnutls_x509_crt_get_dn(certificate, name, &bytes) == 0);
    gnutls_x509_crt_deinit(certificate);
    return {name, bytes};
}

std::string_view tls_ask(const TlsClient& client, std::string_view request) {
    static char response[65536];
    std::size_t size = 0;
    if (gnutls_record_send(client.session, request.data(), request.size()) < 0) return {};
    while (!is_whole({response, size})) {
        const ssize_t count =
            gnutls_record_recv(client.session, response + size, sizeof response - size);
        if (count == GNUTLS_E_AGAIN || count == GNUTLS_E_INTERRUPTED) continue;
        if (count <= 0) return {};
        size += static_cast<std::size_t>(count);
    }
    return {response, size};
}

void tls_send(const TlsClient& client, std::string_view requests) {
    while (!requests.empty()) {
        const ssize_t count = gnutls_record_send(client.session, requests.data(), requests.size());
        if (count <= 0) return;
        requests.remove_prefix(static_cast<std::size_t>(count));
    }
}

std::string_view tls_receive_all(const TlsClient& client) {
    static char responses[std::size_t{16} << 20];
    std::size_t size = 0;
    for (;;) {
        const ssize_t count =
            gnutls_record_recv(client.session, responses + size, sizeof responses - size);
        if (count == GNUTLS_E_AGAIN || count == GNUTLS_E_INTERRUPTED) continue;
        if (count <= 0) return {responses, size};
        size += static_cast<std::size_t>(count);
    }
}

void tls_close(TlsClient& client) {
    gnutls_deinit(client.session);
    gnutls_certificate_free_credentials(client.credentials);
    close(client.connection);
    client = TlsClient{};
}

}  // namespace nma::test

#endif
