// The address of the node towards its default route: what DC/OS calls the private IP.
#pragma once

#include <string_view>

#include "platform/base/fixed_text.h"
#include "platform/linux/file_reader.h"
#include "platform/linux/host_root.h"

namespace nma {

using AddressText = FixedText<256>;

// Asks our own network namespace which source address it would choose for a far destination. No
// packet is sent. False when there is no route.
bool own_default_address(AddressText& address);

// Finds it in the texts of another host's route and fib_trie files: the local IPv4 address that
// lies in a subnet of the interface of the best default route. False when there is none.
bool find_default_address(std::string_view route, std::string_view fib_trie, AddressText& address);

// One of the two, whichever fits `root`.
bool default_address(const HostRoot& root, FileReader& reader, AddressText& address);

}  // namespace nma
