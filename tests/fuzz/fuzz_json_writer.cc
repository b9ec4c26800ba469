// Whatever a string holds, what is written is one JSON string of valid UTF-8.
#include <cjson/cJSON.h>

#include <cstdint>
#include <cstdlib>
#include <vector>

#include "api/json_writer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    std::vector<char> memory(size * 6 + 2);
    nma::TextSink sink(memory);
    nma::append_json_string(sink, text);
    if (sink.status() != nma::Status::ok) std::abort();
    std::string_view json = sink.view();
    const char* end = nullptr;
    cJSON* parsed = cJSON_ParseWithLengthOpts(json.data(), json.size(), &end, 0);
    if (parsed == nullptr || cJSON_IsString(parsed) == 0) std::abort();
    if (end != json.data() + json.size()) std::abort();
    cJSON_Delete(parsed);
    while (!json.empty()) {
        std::size_t bad_bytes = 0;
        const std::size_t good_bytes = nma::utf8_sequence_bytes(json, bad_bytes);
        if (good_bytes == 0) std::abort();
        json.remove_prefix(good_bytes);
    }
    return 0;
}
