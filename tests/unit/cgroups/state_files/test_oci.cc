#include <cstdio>
#include <cstring>

#include "cgroups/state_files/state_files.h"
#include "tests/support/state_text.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;
using namespace nma::test;

#define BEFORE                                                                                   \
    R"({"ociVersion":"1.0.2-dev","process":{"user":{"uid":0,"gid":0},"args":["sh","-c",)"        \
    R"("echo \"}\""],"env":["PATH=/bin"],"cwd":"/","capabilities":{"bounding":["CAP_CHOWN"]}},)" \
    R"("root":{"path":"rootfs"},"mounts":[{"destination":"/proc","type":"proc"}],"annotations":{)"
#define AFTER R"(},"linux":{"cgroupsPath":"/x","namespaces":[{"type":"pid"}]}})"

constexpr std::string_view containerd = BEFORE
    R"("io.kubernetes.cri.container-name":"app","io.kubernetes.cri.container-type":"container",)"
    R"("io.kubernetes.cri.image-name":"quay.io/shop/app:2","io.kubernetes.cri.sandbox-id":"77",)"
    R"("io.kubernetes.cri.sandbox-name":"web-0","io.kubernetes.cri.sandbox-namespace":"shop",)"
    R"("io.kubernetes.cri.sandbox-uid":"3b")" AFTER;

constexpr std::string_view sandbox = BEFORE
    R"("io.kubernetes.cri.container-type":"sandbox","io.kubernetes.cri.sandbox-name":"web-0",)"
    R"("io.kubernetes.cri.podsandbox.image-name":"registry.k8s.io/pause:3.9",)"
    R"("io.kubernetes.cri.sandbox-namespace":"shop")" AFTER;

constexpr std::string_view crio = BEFORE
    R"("io.container.manager":"cri-o","io.kubernetes.cri-o.ContainerID":")" STATE_ID
    R"(","io.kubernetes.cri-o.ContainerName":"k8s_app_web-0_shop_3b_0",)"
    R"("io.kubernetes.cri-o.ContainerType":"container","io.kubernetes.cri-o.ImageName":"q/app:2",)"
    R"("io.kubernetes.cri-o.Labels":"{\"io.kubernetes.container.name\":\"app\",)"
    R"(\"io.kubernetes.pod.name\":\"web-0\",\"io.kubernetes.pod.namespace\":\"shop\"}")" AFTER;

const char* dump(std::string_view text) {
    ContainerMeta meta;
    const Status status = scan_oci_config(text, STATE_ID, state_json(), meta);
    return status == Status::ok ? state_dump(meta) : status_name(status);
}

void bundles_of_containerd_give_name_image_and_pod(void**) {
    assert_string_equal(dump(containerd), "containerd app quay.io/shop/app:2 shop/web-0 - - +0");
    assert_string_equal(dump(sandbox),
                        "containerd web-0 registry.k8s.io/pause:3.9 shop/web-0 - - +0 sandbox");
}

void bundles_of_older_containerd_give_less(void**) {
    assert_string_equal(dump(BEFORE R"("io.kubernetes.cri.container-type":"container",)"
                                    R"("io.kubernetes.cri.sandbox-id":"77")" AFTER),
                        "absent");
    assert_string_equal(dump(BEFORE R"("io.kubernetes.cri.container-name":"app")" AFTER),
                        "containerd app - - - - +0");
}

void bundles_of_nerdctl_give_the_name(void**) {
    assert_string_equal(
        dump(BEFORE R"("nerdctl/name":"web-1","nerdctl/namespace":"default")" AFTER),
        "containerd web-1 - - - - +0");
}

void bundles_of_crio_add_labels_and_pod(void**) {
    ContainerMeta meta;
    assert_true(meta.name.assign("app"));
    meta.source = "crio";
    assert_int_equal(scan_oci_config(crio, STATE_ID, state_json(), meta), Status::ok);
    assert_string_equal(state_dump(meta),
                        "crio app - shop/web-0 - io.kubernetes.container.name=app;"
                        "io.kubernetes.pod.name=web-0;io.kubernetes.pod.namespace=shop; +0");
}

void a_bundle_that_says_nothing_is_absent_and_changes_nothing(void**) {
    ContainerMeta meta;
    meta.source = "podman";
    assert_int_equal(scan_oci_config(BEFORE R"("io.container.manager":"libpod")" AFTER, STATE_ID,
                                     state_json(), meta),
                     Status::absent);
    assert_string_equal(meta.source, "podman");
    assert_string_equal(dump(R"({"ociVersion":"1.0.0"})"), "absent");
    assert_string_equal(dump(R"({"ociVersion":"1.0.0","annotations":null})"), "absent");
    assert_string_equal(dump(R"({"ociVersion":"1.0.0","annotations":{"a":[1]}})"), "absent");
}

void text_that_is_no_bundle_is_malformed(void**) {
    static constexpr std::string_view texts[] = {
        "",
        "[]",
        "{}",
        R"({"annotations":{"nerdctl/name":"a"}})",
        BEFORE R"("nerdctl/name":"a\tb")" AFTER,
        BEFORE R"("nerdctl/name":"a\u0000b")" AFTER,
        BEFORE R"("io.kubernetes.cri-o.ContainerID":")" STATE_OTHER_ID R"(")" AFTER,
        BEFORE R"("io.kubernetes.cri-o.Labels":"{")" AFTER,
        BEFORE R"("io.kubernetes.cri-o.Labels":"{\"a\":\"\\u0000\"}")" AFTER,
    };
    for (const std::string_view text : texts)
        assert_string_equal(dump(text), "malformed");
}

void every_byte_prefix_is_malformed(void**) {
    for (const std::string_view text : {containerd, sandbox, crio}) {
        for (std::size_t size = 0; size < text.size(); ++size)
            assert_string_equal(dump(text.substr(0, size)), "malformed");
    }
}

void names_without_room_are_counted(void**) {
    static char text[2048];
    static char name[400];
    memset(name, 'n', 200);
    snprintf(
        text, sizeof text,
        R"({"ociVersion":"1","annotations":{"io.kubernetes.cri.container-name":"app",)"
        R"("io.kubernetes.cri.sandbox-name":"%s","io.kubernetes.cri.sandbox-namespace":"%s"}})",
        name, name);
    assert_string_equal(dump(text), "containerd app - - - - +1");
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(bundles_of_containerd_give_name_image_and_pod),
        cmocka_unit_test(bundles_of_older_containerd_give_less),
        cmocka_unit_test(bundles_of_nerdctl_give_the_name),
        cmocka_unit_test(bundles_of_crio_add_labels_and_pod),
        cmocka_unit_test(a_bundle_that_says_nothing_is_absent_and_changes_nothing),
        cmocka_unit_test(text_that_is_no_bundle_is_malformed),
        cmocka_unit_test(every_byte_prefix_is_malformed),
        cmocka_unit_test(names_without_room_are_counted),
    };
    return cmocka_run_group_tests_name("oci", tests, nullptr, nullptr);
}
