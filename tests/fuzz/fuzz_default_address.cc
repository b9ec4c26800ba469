// The route tables: an address that is found stands in the text.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "agent/default_address.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const std::size_t seam = text.find('\0');  // between the two files' texts
    const std::string_view route = text.substr(0, seam);
    const std::string_view fib_trie = seam == text.npos ? "" : text.substr(seam + 1);
    nma::AddressText address;
    const bool is_found = nma::find_default_address(route, fib_trie, address);
    if (is_found == address.empty()) std::abort();
    if (is_found && fib_trie.find(address.view()) == fib_trie.npos) std::abort();
    return 0;
}
