#include "agent/reload.h"

#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "api/auth/guarded_file.h"
#include "platform/linux/log.h"

namespace nma {

namespace {

// Files that belong together, a certificate and its key, are replaced one after the other.
constexpr std::uint32_t settle_ms = 250;

timespec time_of(std::uint32_t duration_ms) {
    constexpr std::uint32_t second_ms = 1000;
    constexpr long millisecond_ns = 1'000'000;
    return {static_cast<time_t>(duration_ms / second_ms),
            static_cast<long>(duration_ms % second_ms) * millisecond_ns};
}

// They were read before rights were given away, so that only now it shows.
void try_again(const char* path, Secrecy secrecy) {
    AuthError error;
    if (*path == '\0' || try_guarded_file(path, secrecy, error) == Status::ok) return;
    log_line(LogLevel::warning, "what was read at start cannot be read again when it changes: %s",
             error.c_str());
}

void try_again(const TlsFiles& files) {
    try_again(files.certificate.c_str(), Secrecy::printed);
    try_again(files.key.c_str(), Secrecy::secret);
    try_again(files.client_ca.c_str(), Secrecy::printed);
}

}  // namespace

bool Reload::start_timer(EventLoop& loop) {
    timer_ = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    const itimerspec times = {time_of(look_interval_ms_), time_of(look_interval_ms_)};
    return timer_ >= 0 && timerfd_settime(timer_, 0, &times, nullptr) == 0 &&
           loop.watch(timer_, EPOLLIN, {on_timer, this}) == Status::ok;
}

bool Reload::start(EventLoop& loop, Server& server, const Config& config,
                   std::uint32_t look_interval_ms) {
    server_ = &server;
    config_ = &config;
    look_interval_ms_ = look_interval_ms;
    const bool has_inotify = files_.open() == Status::ok;
    if (!has_inotify) {
        log_line(LogLevel::warning,
                 "no inotify: changed keys and certificates are read again within 30 s, or on "
                 "SIGHUP");
    }
    const TokenFiles& tokens = config.auth.tokens;
    for (const char* path : {tokens.secret.c_str(), tokens.public_key.c_str(), tokens.jwks.c_str(),
                             tokens.tokens.c_str(), config.auth.authorization.acl.c_str()}) {
        watch(path);
    }
    for (const ConfiguredListener& listener : config.listen) {
        const TlsFiles& tls = listener.options.tls;
        for (const char* path : {tls.certificate.c_str(), tls.key.c_str(), tls.client_ca.c_str()})
            watch(path);
    }
    if (!start_timer(loop)) return false;
    return !has_inotify || loop.watch(files_.descriptor(), EPOLLIN, {on_event, this}) == Status::ok;
}

void Reload::tell_unreadable() const {
    for (const ConfiguredListener& listener : config_->listen)
        try_again(listener.options.tls);
}

void Reload::watch(const char* path) {
    if (*path == '\0') return;
    const Status status = files_.add(path);
    if (status == Status::ok || files_.descriptor() < 0) return;
    const char* cure = status == Status::full ? "send SIGHUP when it changes"
                                              : "it is read again within 30 s of a change";
    log_line(LogLevel::warning, "%s: cannot watch its directory (%s): %s", path,
             status_name(status), cure);
}

void Reload::settle() {
    is_settling_ = true;
    const itimerspec times = {time_of(look_interval_ms_), time_of(settle_ms)};
    timerfd_settime(timer_, 0, &times, nullptr);
}

void Reload::on_event(void* self, std::uint32_t) {
    Reload& reload = *static_cast<Reload*>(self);
    if (reload.files_.take_changes()) reload.settle();
}

void Reload::on_timer(void* self, std::uint32_t) {
    Reload& reload = *static_cast<Reload*>(self);
    std::uint64_t count = 0;
    if (read(reload.timer_, &count, sizeof count) != sizeof count) return;
    if (reload.files_.look()) {
        reload.settle();
    } else if (reload.is_settling_) {
        reload.is_settling_ = false;
        (void)reload.now();
    }
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
