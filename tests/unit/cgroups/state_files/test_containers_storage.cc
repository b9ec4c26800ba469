#include <cstdio>
#include <cstring>

#include "cgroups/state_files/state_files.h"
#include "platform/base/json_list_cursor.h"
#include "tests/support/state_text.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;
using namespace nma::test;

#define IMAGE "9c6f0724472873bb50a2ae67a9e7adcb57673a183cea8b06eb778dca859181b5"
#define ABOUT_ID(more) (R"([{"id":")" STATE_ID R"(",)" more "}]")
#define LAYER "7d3a946e2301e990e6abc5b1a267ff96fbb60ba714aab3c71e2fe45f0adeabc0"

// A sandbox and a container of CRI-O, then one of podman: nobody has all, but it is one format.
constexpr std::string_view typical =
    R"([{"id":")" STATE_OTHER_ID R"(","names":["k8s_POD_web_shop_3b_0"],"image":")" IMAGE
    R"(","layer":")" LAYER
    R"(","metadata":"{\"pod\":true,\"pod-name\":\"k8s_web_shop_3b_0\",\"pod-id\":\")" STATE_OTHER_ID
    R"(\",\"image-name\":\"registry.k8s.io/pause:3.9\",\"image-id\":\"\",\"name\":)"
    R"(\"k8s_POD_web_shop_3b_0\",\"metadata-name\":\"web\",\"uid\":\"3b\",\"created-at\":1709284363}",)"
    R"("created":"2024-03-01T09:12:43.9Z","flags":{"MountLabel":""}},{"id":")"
    R"(1111111111111111111111111111111111111111111111111111111111111111","names":["k8s_app_web"],)"
    R"("image":")" IMAGE R"(","layer":")" LAYER
    R"(","metadata":"{\"pod-name\":\"k8s_web_shop_3b_0\",\"pod-id\":\")" STATE_OTHER_ID
    R"(\",\"image-name\":\"quay.io/shop/app@sha256:12\",\"image-id\":\"12\",\"name\":\"k8s_app_web\",)"
    R"(\"metadata-name\":\"app\",\"created-at\":1709284364}","big-data-names":["x"]},{"id":")" STATE_ID
    R"(","names":["web-1"],"image":")" IMAGE R"(","layer":")" LAYER
    R"(","metadata":"{\"image-name\":\"docker.io/library/nginx:1.25\",\"image-id\":\")" IMAGE
    R"(\",\"name\":\"web-1\",\"created-at\":1709284365}","created":"2024-03-01T09:12:45Z"}])";

// As of a whole list, of which the last element is the last that is looked at.
const char* dump(std::string_view text, std::string_view id = STATE_ID) {
    ContainerMeta meta;
    JsonListCursor elements(text, json_array);
    JsonElement element;
    Status status = Status::absent;
    JsonListCursor::Step step = JsonListCursor::Step::element;
    while (status == Status::absent &&
           (step = elements.next(text.size(), element)) == JsonListCursor::Step::element)
        status = scan_storage_container(element.text, id, state_json(), meta);
    if (step == JsonListCursor::Step::malformed) status = Status::malformed;
    return status == Status::ok ? state_dump(meta) : status_name(status);
}

void containers_of_podman_give_name_and_image(void**) {
    assert_string_equal(dump(typical), "podman web-1 docker.io/library/nginx:1.25 - - - +0");
}

void containers_of_crio_give_the_name_in_their_pod(void**) {
    assert_string_equal(
        dump(typical, "1111111111111111111111111111111111111111111111111111111111111111"),
        "crio app quay.io/shop/app@sha256:12 - - - +0");
    assert_string_equal(dump(typical, STATE_OTHER_ID),
                        "crio web registry.k8s.io/pause:3.9 - - - +0 sandbox");
}

void without_metadata_the_librarys_own_name_is_taken(void**) {
    assert_string_equal(dump(R"([{"id":")" STATE_ID R"(","names":["a","b"],"image":"9c"}])"),
                        "podman a 9c - - - +0");
    assert_string_equal(dump(R"([{"id":")" STATE_ID R"("}])"), "podman - - - - - +0");
    assert_string_equal(dump(R"([ { "names" : [] , "id" : ")" STATE_ID R"(" } ])"),
                        "podman - - - - - +0");
}

void a_container_that_is_not_listed_is_absent(void**) {
    assert_string_equal(dump("[]"), "absent");
    assert_string_equal(dump(typical, "3f1a2b9c"), "absent");
    assert_string_equal(dump(typical, IMAGE), "absent");
    assert_string_equal(dump(R"([{"names":[")" STATE_ID R"("],"id":"x"}])"), "absent");
    assert_string_equal(dump(R"([{"id":"x","names":[")" STATE_ID R"("]}])"), "absent");
    assert_string_equal(dump(R"([{"id":")" STATE_ID R"(0"}])"), "absent");
}

void text_that_is_not_the_librarys_is_malformed(void**) {
    static constexpr std::string_view texts[] = {
        "",
        "null",
        "{}",
        "[",
        ABOUT_ID(""),
        ABOUT_ID(R"("metadata":"{")"),
        ABOUT_ID(R"("names":["a\u0007"])"),
        ABOUT_ID(R"("names":["a"],"metadata":"{\"name\":\"b\\u0000c\"}")"),
        ABOUT_ID(R"("names":["a"],"metadata":"{\"name\":\"b\\nc\"}")"),
    };
    for (const std::string_view text : texts)
        assert_string_equal(dump(text), "malformed");
}

void every_byte_prefix_gives_all_or_nothing(void**) {
    const char* whole = "podman web-1 docker.io/library/nginx:1.25 - - - +0";
    for (std::size_t size = 0; size < typical.size() - 1; ++size)
        assert_string_equal(dump(typical.substr(0, size)), "malformed");
    assert_string_equal(dump(typical), whole);
}

void an_element_without_room_is_full(void**) {
    static char text[1 << 20];
    int size = snprintf(text, sizeof text, R"([{"id":"%s","names":["a")", STATE_ID);
    for (int i = 0; i < 300'000; ++i)
        size += snprintf(text + size, sizeof text - static_cast<std::size_t>(size), ",[]");
    size += snprintf(text + size, sizeof text - static_cast<std::size_t>(size), "]}]");
    assert_string_equal(dump({text, static_cast<std::size_t>(size)}), "full");
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(containers_of_podman_give_name_and_image),
        cmocka_unit_test(containers_of_crio_give_the_name_in_their_pod),
        cmocka_unit_test(without_metadata_the_librarys_own_name_is_taken),
        cmocka_unit_test(a_container_that_is_not_listed_is_absent),
        cmocka_unit_test(text_that_is_not_the_librarys_is_malformed),
        cmocka_unit_test(every_byte_prefix_gives_all_or_nothing),
        cmocka_unit_test(an_element_without_room_is_full),
    };
    return cmocka_run_group_tests_name("containers_storage", tests, nullptr, nullptr);
}
