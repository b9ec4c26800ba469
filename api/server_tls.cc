#include "api/server_tls.h"

#include <microhttpd.h>
#include <string.h>

#include <iterator>

#ifdef NMA_TLS
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#endif

#include <algorithm>
#include <iterator>

#include "api/auth/guarded_file.h"
#include "api/auth/uid.h"

namespace nma {

#ifdef NMA_TLS

namespace {

// The text of a PEM file, with a NUL behind it; null and `error` when there is none.
const char* read_pem(const char* path, Secrecy secrecy, std::span<char> memory,
                     ListenError& error) {
    std::string_view text;
    const std::span<char> room = memory.first(memory.size() - 1);
    if (read_guarded_file(path, secrecy, room, text, error) != Status::ok) return nullptr;
    memory[text.size()] = '\0';
    if (text.find('\0') == text.npos) return memory.data();
    refuse_listener(error, "%s: this is no PEM file", path);
    return nullptr;
}

gnutls_datum_t datum(const char* text) {
    auto* bytes = reinterpret_cast<unsigned char*>(const_cast<char*>(text));
    return {bytes, static_cast<unsigned>(strlen(text))};
}

// The certificates of a PEM text; the count, or GnuTLS' error below 0.
int count_certificates(const char* text, gnutls_x509_crt_t** certificates) {
    const gnutls_datum_t pem = datum(text);
    unsigned count = 0;
    const int status =
        gnutls_x509_crt_list_import2(certificates, &count, &pem, GNUTLS_X509_FMT_PEM, 0);
    return status < 0 ? status : static_cast<int>(count);
}

void free_certificates(gnutls_x509_crt_t* certificates, int count) {
    for (int i = 0; i < count; ++i)
        gnutls_x509_crt_deinit(certificates[i]);
    if (count > 0) gnutls_free(certificates);
}

bool is_key_of(gnutls_x509_crt_t certificate, gnutls_x509_privkey_t key) {
    constexpr std::size_t sha256_bytes = 32;
    unsigned char certified[sha256_bytes] = {};
    unsigned char own[sha256_bytes] = {};
    std::size_t certified_bytes = sha256_bytes;
    std::size_t own_bytes = sha256_bytes;
    return gnutls_x509_crt_get_key_id(certificate, GNUTLS_KEYID_USE_SHA256, certified,
                                      &certified_bytes) == 0 &&
           gnutls_x509_privkey_get_key_id(key, GNUTLS_KEYID_USE_SHA256, own, &own_bytes) == 0 &&
           memcmp(certified, own, sha256_bytes) == 0;
}

bool try_key(const char* text, const TlsFiles& files, gnutls_x509_crt_t certificate,
             ListenError& error) {
    gnutls_x509_privkey_t key = nullptr;
    if (gnutls_x509_privkey_init(&key) != 0) return refuse_listener(error, "no memory for a key");
    const gnutls_datum_t pem = datum(text);
    const int status = gnutls_x509_privkey_import2(key, &pem, GNUTLS_X509_FMT_PEM, nullptr, 0);
    bool is_good = status == 0;
    if (!is_good) {
        refuse_listener(error, "%s: this is no key that can be used, without a password: %s",
                        files.key.c_str(), gnutls_strerror(status));
    } else if (!is_key_of(certificate, key)) {
        is_good = refuse_listener(error, "%.220s is not the key of the certificate in %.220s",
                                  files.key.c_str(), files.certificate.c_str());
    }
    gnutls_x509_privkey_deinit(key);
    return is_good;
}

bool refuse_certificates(const FixedText<256>& file, int count, ListenError& error) {
    return refuse_listener(error, "%s: there is no certificate that can be used: %s", file.c_str(),
                           count == 0 ? "it is empty" : gnutls_strerror(count));
}

// The HTTP library does not say what it does not like, and what GnuTLS does not like when all is
// handed to it at once, 3.7 never frees.
bool try_out(const ServerTls& loaded, const TlsFiles& files, ListenError& error) {
    gnutls_x509_crt_t* chain = nullptr;
    const int count = count_certificates(loaded.certificate(), &chain);
    if (count <= 0) return refuse_certificates(files.certificate, count, error);
    const bool is_good = try_key(loaded.key(), files, chain[0], error);
    free_certificates(chain, count);
    if (!is_good || loaded.client_ca() == nullptr) return is_good;
    gnutls_x509_crt_t* authorities = nullptr;
    const int authority_count = count_certificates(loaded.client_ca(), &authorities);
    free_certificates(authorities, authority_count);
    return authority_count > 0 || refuse_certificates(files.client_ca, authority_count, error);
}

Sha256Digest digest_of(const ServerTls& loaded) {
    const char* texts[] = {loaded.certificate(), loaded.key(), loaded.client_ca()};
    Sha256Digest digests[std::size(texts)];
    for (std::size_t i = 0; i < std::size(texts); ++i) {
        if (texts[i] != nullptr) digests[i] = sha256(texts[i]);
    }
    return sha256(as_text({digests[0].bytes, sizeof digests}));
}

// Of a chain that starts with the client's own, in its time, and for clients.
bool is_trusted(gnutls_session_t session) {
    // The library reads the purpose only, but takes it by a pointer that could write.
    const auto purpose = datum(GNUTLS_KP_TLS_WWW_CLIENT);
    gnutls_typed_vdata_st wanted = {GNUTLS_DT_KEY_PURPOSE_OID, purpose.data, 0};
    unsigned faults = 0;
    return gnutls_certificate_verify_peers(session, &wanted, 1, &faults) == 0 && faults == 0;
}

// The value of a DER string (X.690, 8.1) of a kind whose bytes are UTF-8. Empty when it is none.
std::string_view string_value(std::string_view der) {
    constexpr char utf8_string = 0x0c;
    constexpr char printable_string = 0x13;
    constexpr char ia5_string = 0x16;
    constexpr char one_more_byte = static_cast<char>(0x81);
    if (der.size() < 3 ||
        (der[0] != utf8_string && der[0] != printable_string && der[0] != ia5_string)) {
        return {};
    }
    const std::size_t head_bytes = der[1] == one_more_byte ? 3 : 2;
    const std::size_t value_bytes = static_cast<unsigned char>(der[head_bytes - 1]);
    return der.size() == head_bytes + value_bytes ? der.substr(head_bytes) : std::string_view();
}

// The index-th common name as it is in the certificate: as a text, GnuTLS would escape it.
int read_raw_name(gnutls_x509_crt_t certificate, unsigned index, std::span<char> der,
                  std::size_t& bytes) {
    bytes = der.size();
    return gnutls_x509_crt_get_dn_by_oid(certificate, GNUTLS_OID_X520_COMMON_NAME, index, 1,
                                         der.data(), &bytes);
}

// One common name, and nothing in it that could be read in two ways.
bool read_common_name(gnutls_x509_crt_t certificate, CertificateUid& uid) {
    constexpr std::size_t der_head_bytes_max = 3;
    char der[CertificateUid::bytes_max + der_head_bytes_max + 1];
    std::size_t bytes = 0;
    if (read_raw_name(certificate, 1, der, bytes) != GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE ||
        read_raw_name(certificate, 0, der, bytes) != 0) {
        return false;
    }
    const std::string_view name = string_value({der, bytes});
    return is_good_uid(name) && uid.assign(name);
}

bool read_uid(const gnutls_datum_t& der, CertificateUid& uid) {
    gnutls_x509_crt_t certificate = nullptr;
    if (gnutls_x509_crt_init(&certificate) != 0) return false;
    const bool is_read = gnutls_x509_crt_import(certificate, &der, GNUTLS_X509_FMT_DER) == 0 &&
                         read_common_name(certificate, uid);
    gnutls_x509_crt_deinit(certificate);
    return is_read;
}

}  // namespace

void ServerTls::init(Arena& arena) {
    certificate_memory_ = arena.take<char>("tls", limits::tls_certificate_bytes);
    key_memory_ = arena.take<char>("tls", limits::tls_key_bytes);
    client_ca_memory_ = arena.take<char>("tls", limits::tls_client_ca_bytes);
}

bool ServerTls::load(const TlsFiles& files, ListenError& error) {
    if (MHD_is_feature_supported(MHD_FEATURE_TLS) != MHD_YES) {
        return refuse_listener(error, "libmicrohttpd was built without TLS on this machine");
    }
    client_ca_ = nullptr;
    certificate_ =
        read_pem(files.certificate.c_str(), Secrecy::printed, certificate_memory_, error);
    if (certificate_ == nullptr) return false;
    if (!files.client_ca.empty()) {
        client_ca_ = read_pem(files.client_ca.c_str(), Secrecy::printed, client_ca_memory_, error);
        if (client_ca_ == nullptr) return false;
    }
    key_ = read_pem(files.key.c_str(), Secrecy::secret, key_memory_, error);
    const bool is_good = key_ != nullptr && try_out(*this, files, error);
    if (is_good) digest_ = digest_of(*this);
    if (!is_good) forget_key();
    return is_good;
}

void ServerTls::forget_key() {
    if (!key_memory_.empty()) explicit_bzero(key_memory_.data(), key_memory_.size());
    key_ = nullptr;
}

ShownCertificate ServerTls::look_at_client(MHD_Connection* connection) {
    ShownCertificate shown;
    const auto* info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    if (info == nullptr || info->tls_session == nullptr) return shown;
    auto* session = static_cast<gnutls_session_t>(info->tls_session);
    unsigned count = 0;
    const gnutls_datum_t* chain = gnutls_certificate_get_peers(session, &count);
    if (chain == nullptr || count == 0) return shown;
    const bool is_good = is_trusted(session) && read_uid(chain[0], shown.uid);
    shown.verdict = is_good ? ClientCertificate::good : ClientCertificate::bad;
    return shown;
}

#else

void ServerTls::init(Arena&) {}

bool ServerTls::load(const TlsFiles&, ListenError& error) {
    return refuse_listener(error, "this build has no TLS");
}

void ServerTls::forget_key() {}

ShownCertificate ServerTls::look_at_client(MHD_Connection*) {
    return {};
}

#endif

}  // namespace nma
