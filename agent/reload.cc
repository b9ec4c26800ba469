#include "agent/reload.h"

#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "platform/linux/log.h"

namespace nma {

namespace {

// Files that belong together, a certificate and its key, are replaced one after the other.
constexpr long settle_ns = 250'000'000;

}  // namespace

bool Reload::start(EventLoop& loop, Server& server, const Config& config) {
    server_ = &server;
    config_ = &config;
    timer_ = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (timer_ < 0 || loop.watch(timer_, EPOLLIN, {on_timer, this}) != Status::ok) return false;
    if (files_.open() != Status::ok) {
        log_line(LogLevel::warning,
                 "no inotify: changed keys and certificates are read again on SIGHUP only");
        return true;
    }
    const TokenFiles& tokens = config.auth.tokens;
    for (const char* path : {tokens.secret.c_str(), tokens.public_key.c_str(), tokens.jwks.c_str(),
                             tokens.tokens.c_str(), config.auth.authorization.acl.c_str()}) {
        watch(path);
    }
    for (std::size_t i = 0; i < config.listen_count; ++i) {
        const TlsFiles& tls = config.listen[i].options.tls;
        for (const char* path : {tls.certificate.c_str(), tls.key.c_str(), tls.client_ca.c_str()})
            watch(path);
    }
    return loop.watch(files_.descriptor(), EPOLLIN, {on_event, this}) == Status::ok;
}

void Reload::watch(const char* path) {
    if (*path == '\0') return;
    const Status status = files_.add(path);
    if (status == Status::ok) return;
    log_line(LogLevel::warning, "%s: cannot watch its directory (%s): send SIGHUP when it changes",
             path, status_name(status));
}

void Reload::on_event(void* self, std::uint32_t) {
    Reload& reload = *static_cast<Reload*>(self);
    if (!reload.files_.take_changes()) return;
    itimerspec times = {};
    times.it_value.tv_nsec = settle_ns;
    timerfd_settime(reload.timer_, 0, &times, nullptr);
}

void Reload::on_timer(void* self, std::uint32_t) {
    Reload& reload = *static_cast<Reload*>(self);
    std::uint64_t count = 0;
    if (read(reload.timer_, &count, sizeof count) == sizeof count) (void)reload.now();
}

bool Reload::now() {
    AuthError error;
    const bool has_keys = server_->load_auth(config_->auth, error);
    if (!has_keys) {
        log_line(LogLevel::error, "what was read before still counts: %s", error.c_str());
    }
    const bool has_certificates = server_->reload_tls(error);
    if (!has_certificates) {
        log_line(LogLevel::error, "the certificate of before still counts: %s", error.c_str());
    }
    const bool is_good = has_keys && has_certificates;
    if (is_good) log_line(LogLevel::info, "keys, tokens, permissions and certificates were read");
    return is_good;
}

void Reload::stop() {
    files_.close();
    if (timer_ >= 0) close(timer_);
    timer_ = -1;
}

}  // namespace nma
