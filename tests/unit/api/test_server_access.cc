// threaded
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <string>

#include "api/route.h"
#include "tests/support/http_client.h"
#include "tests/support/sample_snapshot.h"
#include "tests/support/server_bed.h"
#include "tests/support/tree.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;
using namespace nma::test;

// SHA-256 of "nma_root", "nma_system", "nma_agent", "nma_sidecar", "nma_none", "nma_node".
constexpr std::string_view tokens_text =
    "# static tokens\n"
    "sha256:7be19f1be909959f40051267ac7953f3c6b7e88e6663f966098ac1580e7c85cc root "
    "dcos:superuser\n"
    "sha256:5962e2deee85d1366ed16dce17c84cad55f790a999dee15d81b1562d61755c15 system "
    "dcos:adminrouter:ops:system-metrics\n"
    "sha256:d3b1ab4acb56a4c641afdcc65c65ef94d832cf74aa834b85fe3952470b691991 agent "
    "dcos:adminrouter:system:agent\n"
    "sha256:4f4e41960d4d50ee465723d5d9f6e7bdfbe1789afbea0211abbf3f28a69f63de sidecar "
    "node-metrics-agent:container:c1\n"
    "sha256:889a8cc8ccbf00ee66d20accfda43f1e3b9479661ee45f1894441cf49a1d6895 nobody "
    "dcos:adminrouter:service:other\n"
    "sha256:e76e1816d6cbcedac083925be536a47e1bcdd8c769eef302e92be9442c8ddd3d team "
    "node-metrics-agent:route:node\n";

constexpr const char* prefixes[] = {"/v0", "/system/v1/metrics/v0",
                                    "/system/v1/agent/a1-S0/metrics/v0"};

SampleSnapshot snapshot;
Tree tree;
AuthOptions auth;

// 0: TCP and tokens, 1: unix and tokens, 2: unix and peers, none of them us, 3: for everybody.
ListenerOptions listeners[4];

int start_group(void**) {
    sample_make(snapshot, 16);
    tree_make(tree);
    tree_write(tree, "tokens", tokens_text);
    tree_chmod(tree, "tokens", 0600);
    const std::string directory(tree.path.view());
    if (!auth.tokens.tokens.assign(directory + "/tokens")) return -1;
    const std::string addresses[] = {"127.0.0.1:0", "unix:" + directory + "/token.sock",
                                     "unix:" + directory + "/peer.sock",
                                     "unix:" + directory + "/open.sock"};
    constexpr AuthMode modes[] = {AuthMode::token, AuthMode::token, AuthMode::peer, AuthMode::none};
    for (int i = 0; i < 4; ++i) {
        ListenError error;
        listeners[i] = ListenerOptions{};
        listeners[i].auth = modes[i];
        if (!parse_listen_address(addresses[i], listeners[i].address, error)) return -1;
    }
    listeners[2].peers.uids[0] = 4'000'000'000;
    listeners[2].peers.uid_count = 1;
    server_start(listeners, auth, {});
    sample_fill(snapshot, 1250, 2);
    server_publish(snapshot.snapshot);
    return 0;
}

int end_group(void**) {
    server_stop();
    tree_remove(tree);
    return 0;
}

std::string path_of(const char* prefix, const Route& route) {
    std::string path = std::string(prefix) + "/" + route.pattern;
    for (const char* hole : {"{id}", "{metric-id}"}) {
        const std::size_t at = path.find(hole);
        if (at != path.npos) path.replace(at, strlen(hole), "c1");
    }
    return path;
}

int status_of(std::size_t listener, const std::string& request, const std::string& headers) {
    return http_status(http_get(server_address(listener), request, headers));
}

std::string bearer(const char* token) {
    return std::string("Authorization: token=") + token + "\r\n";
}

bool is_json_error(std::string_view answer, int status) {
    return http_header(answer, "Content-Type") == "application/json" &&
           http_body(answer).starts_with("{\"error\":{\"status\":" + std::to_string(status) + ",");
}

void no_route_on_any_listener_or_prefix_answers_without_permission(void**) {
    int count = 0;
    for (std::size_t listener = 0; listener < 3; ++listener) {
        for (const char* prefix : prefixes) {
            for (const Route& route : all_routes()) {
                for (const char* method : {"GET ", "HEAD ", "POST "}) {
                    const std::string request = method + path_of(prefix, route);
                    const int status = status_of(listener, request, "");
                    assert_int_equal(status, listener == 2 ? 403 : 401);
                    // Tokens change nothing for peers.
                    assert_int_equal(status_of(listener, request, bearer("nma_none")), 403);
                    if (listener == 2) {
                        assert_int_equal(status_of(listener, request, bearer("nma_root")), 403);
                    }
                    ++count;
                }
            }
        }
    }
    assert_int_equal(count, 3 * 3 * 3 * static_cast<int>(all_routes().size()));
}

void every_route_answers_to_who_may_have_it(void**) {
    for (const char* prefix : prefixes) {
        for (const Route& route : all_routes()) {
            const std::string request = "GET " + path_of(prefix, route);
            const bool is_app = std::string_view(route.name).starts_with("app");
            const bool is_agent = strstr(prefix, "agent") != nullptr;
            for (std::size_t listener = 0; listener < 2; ++listener) {
                assert_int_equal(status_of(listener, request, bearer("nma_root")),
                                 is_app ? 204 : 200);
                assert_int_equal(status_of(listener, request, bearer("nma_system")), is_agent ? 403
                                                                                     : is_app
                                                                                         ? 204
                                                                                         : 200);
                assert_int_equal(status_of(listener, request, bearer("nma_agent")), !is_agent ? 403
                                                                                    : is_app  ? 204
                                                                                             : 200);
            }
            assert_int_equal(status_of(3, request, ""), is_app ? 204 : 200);
        }
    }
}

void sidecar_sees_itself_and_nothing_else(void**) {
    for (const char* prefix : prefixes) {
        const std::string base = std::string("GET ") + prefix;
        const std::string token = bearer("nma_sidecar");
        assert_int_equal(status_of(0, base + "/containers/c1", token), 200);
        assert_int_equal(status_of(0, base + "/containers/%631?view=full", token), 200);
        assert_int_equal(status_of(0, base + "/containers/c1/app", token), 204);
        for (const char* other : {"/containers/c0", "/containers/c9", "/containers/c1x",
                                  "/containers/c0/app", "/containers", "/node", "/ping", "/", "/x",
                                  "/containers/c1/y", "/containers/c1%00"}) {
            assert_int_equal(status_of(0, base + other, token), 403);
        }
        assert_int_equal(status_of(0, base + "/node", bearer("nma_node")), 200);
        assert_int_equal(status_of(0, base + "/containers/c1", bearer("nma_node")), 403);
    }
}

void refusals_do_not_tell_what_exists(void**) {
    for (const char* token : {"", "nma_none", "nma_sidecar"}) {
        const std::string headers = *token == '\0' ? "" : bearer(token);
        const int status = *token == '\0' ? 401 : 403;
        std::string first(http_body(http_get(server_address(0), "GET /v0/containers/c0", headers)));
        for (const char* request :
             {"GET /v0/containers/nobody", "GET /nowhere", "GET /v0/node",
              "GET /system/v1/agent/other/metrics/v0/node", "POST /v0/containers/c0"}) {
            const std::string_view answer = http_get(server_address(0), request, headers);
            assert_int_equal(http_status(answer), status);
            assert_true(is_json_error(answer, status));
            assert_true(http_body(answer) == first);
        }
    }
    const std::string_view answer = http_get(server_address(0), "GET /v0/node");
    assert_true(http_header(answer, "WWW-Authenticate").starts_with("Bearer"));
}

void who_is_known_learns_of_mistakes_in_the_request(void**) {
    const std::string token = bearer("nma_root");
    assert_int_equal(status_of(0, "GET /nowhere", token), 404);
    assert_int_equal(status_of(0, "POST /v0/node", token), 405);
    assert_int_equal(status_of(0, "GET /v0/%zz", token), 400);
    assert_int_equal(status_of(0, "GET /v0/node?view=x", token), 400);
    assert_int_equal(status_of(0, "GET /v0/containers/nobody", token), 204);
    assert_int_equal(status_of(0, "GET /v0/node", token + "Accept: text/html\r\n"), 406);
}

struct HeaderCase {
    const char* headers;
    int status;
};

constexpr HeaderCase header_cases[] = {
    {"Authorization: Bearer nma_root\r\n", 200},
    {"authorization: BEARER   nma_root\r\n", 200},
    {"Cookie: dcos-acs-auth-cookie=nma_root\r\n", 200},
    {"Cookie: a=b; dcos-acs-auth-cookie=nma_root; c=d\r\n", 200},
    // A header wins over the cookie, also when it is worthless.
    {"Authorization: token=nma_none\r\nCookie: dcos-acs-auth-cookie=nma_root\r\n", 403},
    {"Authorization: token=bad\r\nCookie: dcos-acs-auth-cookie=nma_root\r\n", 401},
    {"Authorization: Basic YTpi\r\nCookie: dcos-acs-auth-cookie=nma_root\r\n", 401},
    {"Authorization:\r\nCookie: dcos-acs-auth-cookie=nma_root\r\n", 401},
    // Nobody can tell which one counts.
    {"Authorization: token=nma_root\r\nAuthorization: token=nma_root\r\n", 401},
    {"Authorization: token=nma_root\r\nauthorization: token=nma_none\r\n", 401},
    {"Cookie: dcos-acs-auth-cookie=nma_root; dcos-acs-auth-cookie=nma_none\r\n", 401},
    {"Cookie: dcos-acs-auth-cookie=nma_none\r\nCookie: dcos-acs-auth-cookie=nma_root\r\n", 401},
    // Near misses.
    {"Authorization: token=nma_roo\r\n", 401},
    {"Authorization: token=nma_roott\r\n", 401},
    {"Authorization: token=NMA_ROOT\r\n", 401},
    {"Authorization: nma_root\r\n", 401},
    {"Authorization: token nma_root\r\n", 401},
    {"Authorization: token=nma_root,nma_none\r\n", 401},
    {"Authorization: token=\r\n", 401},
    {"Authorization: Bearer\r\n", 401},
    {"X-Authorization: token=nma_root\r\n", 401},
    {"Proxy-Authorization: token=nma_root\r\n", 401},
    {"Cookie: DCOS-ACS-AUTH-COOKIE=nma_root\r\n", 401},
    {"Cookie: dcos-acs-auth-cookie=\r\n", 401},
    {"X: y\rAuthorization: token=nma_root\r\n", 401},
};

void each_header_counts_as_the_contract_says(void**) {
    for (const HeaderCase& row : header_cases) {
        const int status = status_of(0, "GET /v0/node", row.headers);
        // What is no HTTP may be refused as that, too.
        if (status != row.status && !(row.status == 401 && status == 400))
            print_error("%s: %d\n", row.headers, status);
        assert_true(status == row.status || (row.status == 401 && status == 400));
    }
}

void token_in_the_query_is_none(void**) {
    for (const char* request : {"GET /v0/node?token=nma_root", "GET /v0/node?access_token=nma_root",
                                "GET /v0/node?Authorization=token%3Dnma_root"}) {
        assert_int_equal(status_of(0, request, ""), 401);
    }
}

void each_request_of_a_connection_brings_its_own_token(void**) {
    const int connection = http_connect(server_address(0));
    http_send(connection,
              "GET /v0/ping HTTP/1.1\r\nHost: x\r\nAuthorization: token=nma_root\r\n\r\n"
              "GET /v0/ping HTTP/1.1\r\nHost: x\r\n\r\n"
              "GET /v0/ping HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
              "Cookie: dcos-acs-auth-cookie=nma_root\r\n\r\n");
    const std::string_view all = http_receive_all(connection);
    close(connection);
    assert_true(all.starts_with("HTTP/1.1 200"));
    const std::size_t refused = all.find("HTTP/1.1 401");
    assert_true(refused != all.npos);
    assert_true(all.find("HTTP/1.1 200", refused) != all.npos);
}

// Each of these could hide a second request from a proxy, or from us. Nothing but
// refusals comes, and the connection ends.
constexpr const char* smuggling_forms[] = {
    "Content-Length : 5\r\n",
    "Content-Length\t: 5\r\n",
    "Content Length: 5\r\n",
    "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
    "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n",
    "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\nContent-Length: 0\r\n",
    "Content-Length: 0\r\nContent-Length: 44\r\n",
    "Content-Length: 44\r\nContent-Length: 0\r\n",
    "Content-Length: 0, 44\r\n",
    "Content-Length: +0\r\n",
    "Content-Length: -1\r\n",
    "Content-Length: 0x0\r\n",
    "Content-Length: 18446744073709551616\r\n",
    "Transfer-Encoding: xchunked\r\n",
    "Transfer-Encoding : chunked\r\n",
    "Transfer-Encoding:\tchunked\r\n",
    "Transfer-Encoding: chunked, identity\r\n",
};

void smuggled_requests_are_not_answered(void**) {
    for (const char* form : smuggling_forms) {
        std::string text = "GET /v0/node HTTP/1.1\r\nHost: x\r\nAuthorization: token=nma_root\r\n";
        text += form;
        text +=
            "\r\n0\r\n\r\nGET /v0/containers HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
            "Authorization: token=nma_root\r\n\r\n";
        const std::string_view all = http_ask(server_address(0), text);
        const bool is_refused = all.empty() || http_status(all) == 400 || http_status(all) == 413;
        const bool is_alone = all.find("HTTP/1.1 200") == all.npos;
        if (!is_refused || !is_alone) print_error("%s%.300s\n", form, all.data());
        assert_true(is_refused);
        assert_true(is_alone);
    }
    assert_int_equal(status_of(0, "GET /v0/ping", bearer("nma_root")), 200);
}

void huge_requests_end_and_leave_the_others_alone(void**) {
    std::string headers;
    for (int i = 0; i < 10'000; ++i)
        headers += "X-" + std::to_string(i) + ": y\r\n";
    const int many = status_of(0, "GET /v0/node", headers);
    assert_true(many == 431 || many == 413 || many == 400 || many == 0);
    const int path = status_of(0, "GET /v0/" + std::string(100'000, 'a'), bearer("nma_root"));
    assert_true(path == 414 || path == 0);
    const int token = status_of(0, "GET /v0/node", bearer(std::string(12'000, 'a').c_str()));
    assert_int_equal(token, 401);
    assert_int_equal(status_of(0, "GET /v0/ping", bearer("nma_root")), 200);
}

void changed_tokens_count_once_they_are_read(void**) {
    const std::string token = bearer("nma_new");
    assert_int_equal(status_of(0, "GET /v0/ping", token), 401);
    std::string text(tokens_text);
    text += "sha256:ccaf2e9cbaef422a8b9a72a0c8b1743e9d0d129e76ba779bca796aff6caf2236 fresh *\n";
    tree_write(tree, "tokens", text);
    AuthError error;
    assert_true(server_load_auth(auth, error));
    assert_int_equal(status_of(0, "GET /v0/ping", token), 200);
    // A broken file changes nothing.
    tree_write(tree, "tokens", "sha256:12 x\n");
    assert_false(server_load_auth(auth, error));
    assert_true(error.view().find("tokens:1") != std::string_view::npos);
    assert_int_equal(status_of(0, "GET /v0/ping", token), 200);
    tree_write(tree, "tokens", tokens_text);
    tree_chmod(tree, "tokens", 0604);
    assert_false(server_load_auth(auth, error));
    assert_true(error.view().find("chmod") != std::string_view::npos);
    tree_chmod(tree, "tokens", 0600);
    assert_true(server_load_auth(auth, error));
    assert_int_equal(status_of(0, "GET /v0/ping", token), 401);
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(no_route_on_any_listener_or_prefix_answers_without_permission),
        cmocka_unit_test(every_route_answers_to_who_may_have_it),
        cmocka_unit_test(sidecar_sees_itself_and_nothing_else),
        cmocka_unit_test(refusals_do_not_tell_what_exists),
        cmocka_unit_test(who_is_known_learns_of_mistakes_in_the_request),
        cmocka_unit_test(each_header_counts_as_the_contract_says),
        cmocka_unit_test(token_in_the_query_is_none),
        cmocka_unit_test(each_request_of_a_connection_brings_its_own_token),
        cmocka_unit_test(smuggled_requests_are_not_answered),
        cmocka_unit_test(huge_requests_end_and_leave_the_others_alone),
        cmocka_unit_test(changed_tokens_count_once_they_are_read),
    };
    return cmocka_run_group_tests_name("server_access", tests, start_group, end_group);
}
