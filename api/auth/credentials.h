// Finds the token in a request: the header Authorization ("token=<token>" or "Bearer <token>") or,
// only when there is no such header at all, the cookie dcos-acs-auth-cookie.
#pragma once

#include <cstdint>
#include <string_view>

namespace nma {

class ShownCredentials {
  public:
    static constexpr std::string_view cookie_name = "dcos-acs-auth-cookie";

    enum class Found : std::uint8_t {
        token,
        nothing,
        several,         // headers, or cookies: nobody can tell which one counts
        unknown_scheme,  // neither "token=" nor "Bearer", or nothing behind it
    };

    // Once for each header line Authorization, and each cookie of the request. Texts must stay.
    void add_authorization(std::string_view value);
    void add_cookie(std::string_view name, std::string_view value);

    // Once for each header line Cookie: who reads cookies may look at one line only.
    void add_cookie_line() { ++cookie_line_count_; }

    // `token` is set when one is found.
    Found find(std::string_view& token) const;

  private:
    std::string_view authorization_;
    std::string_view cookie_;
    unsigned authorization_count_ = 0;
    unsigned cookie_count_ = 0;
    unsigned cookie_line_count_ = 0;
};

}  // namespace nma
