/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The guest-agent protocol: calls as clients write them, replies as they are read. */
#include <glib.h>
#include <string.h>

#include "controller/wire/agent.h"
#include "controller/wire/failure.h"

static AgentCall *
read_call(const char *text)
{
    g_autoptr(GError) error = NULL;
    AgentCall *call = agent_call_read(text, strlen(text), &error);

    g_assert_no_error(error);
    return call;
}

static void
test_call(void)
{
    g_autoptr(AgentCall) call =
        read_call("{\"execute\":\"guest-exec\",\"arguments\":{\"path\":\"/bin/sh\",\"arg\":[\"-c\","
                  "\"id\"],\"capture-output\":true}}");

    g_assert_cmpstr(call->execute, ==, "guest-exec");
    g_assert_cmpstr(call->arguments->path, ==, "/bin/sh");
    g_assert_cmpstr(call->arguments->arg[1], ==, "id");
    g_assert_true(call->arguments->capture_output);
    g_assert_null(call->arguments->capture_streams);
    g_assert_cmpint(call->arguments->pid, ==, AGENT_ABSENT);
}

/* Two arguments have two kinds, by age of the client. */
static void
test_alternatives(void)
{
    g_autoptr(AgentCall) merged =
        read_call("{\"execute\":\"x\",\"arguments\":{\"capture-output\":\"merged\"}}");
    g_autoptr(AgentCall) number = read_call("{\"execute\":\"x\",\"arguments\":{\"whence\":2}}");
    g_autoptr(AgentCall) name = read_call("{\"execute\":\"x\",\"arguments\":{\"whence\":\"end\"}}");

    g_assert_cmpstr(merged->arguments->capture_streams, ==, "merged");
    g_assert_false(merged->arguments->capture_output);
    g_assert_cmpint(number->arguments->whence, ==, 2);
    g_assert_null(number->arguments->whence_name);
    g_assert_cmpstr(name->arguments->whence_name, ==, "end");
    g_assert_cmpint(name->arguments->whence, ==, AGENT_ABSENT);
}

static void
assert_refused(const char *text, const char *message)
{
    g_autoptr(GError) error = NULL;

    g_assert_null(agent_call_read(text, strlen(text), &error));
    g_assert_error(error, FAILURE, FAILURE_INVALID_ARG);
    g_assert_cmpstr(error->message, ==, message);
}

static void
test_refusals(void)
{
    assert_refused("[]", "Invalid guest-agent command: call: not an object");
    assert_refused("{}", "Invalid guest-agent command: execute: missing");
    assert_refused("{\"execute\":1}", "Invalid guest-agent command: execute: not a string");
    assert_refused("{\"execute\":\"x\",\"arguments\":[]}",
                   "Invalid guest-agent command: arguments: not an object");
    assert_refused("{\"execute\":\"x\",\"arguments\":{\"capture-output\":1}}",
                   "Invalid guest-agent command: arguments.capture-output: not a string");
}

static void
test_argument_names(void)
{
    static const char text[] =
        "{\"execute\":\"x\",\"id\":1,\"arguments\":{\"path\":{\"in\":1},\"odd\":"
        "[]}}";
    g_auto(GStrv) names = agent_call_arguments(text, strlen(text));
    g_auto(GStrv) none = agent_call_arguments("{\"execute\":\"x\"}", 15);

    g_assert_cmpuint(g_strv_length(names), ==, 2);
    g_assert_cmpstr(names[0], ==, "path");
    g_assert_cmpstr(names[1], ==, "odd");
    g_assert_cmpuint(g_strv_length(none), ==, 0);
}

static void
assert_text(char *text, const char *expected)
{
    g_assert_cmpstr(text, ==, expected);
    g_free(text);
}

static void
test_replies(void)
{
    AgentProcess process = { 42 };
    AgentProcessStatus running = { .exit_code = AGENT_ABSENT, .signal = AGENT_ABSENT };
    g_autoptr(GPtrArray) nobody = json_array_new(&agent_user_type);

    assert_text(agent_reply_nothing(), "{\"return\":{}}");
    assert_text(agent_reply_number(-7), "{\"return\":-7}");
    assert_text(agent_reply_text("thawed"), "{\"return\":\"thawed\"}");
    assert_text(agent_reply_object(&agent_process_type, &process), "{\"return\":{\"pid\":42}}");
    assert_text(agent_reply_object(&agent_process_status_type, &running),
                "{\"return\":{\"exited\":false}}");
    assert_text(agent_reply_objects(&agent_user_type, nobody), "{\"return\":[]}");
    assert_text(agent_reply_error("CommandNotFound", "no \"x\""),
                "{\"error\":{\"class\":\"CommandNotFound\",\"desc\":\"no \\\"x\\\"\"}}");
}

static void
test_reading(void)
{
    g_autofree char *refusal = agent_reply_error("GenericError", "because");
    g_autoptr(GError) error = NULL;
    void *value = NULL;
    int64_t number = 0;

    g_assert_true(agent_reply_read("{\"return\":{\"load1m\":0.5,\"load5m\":2}}", &agent_load_type,
                                   false, &value, &error));
    g_assert_cmpfloat(((AgentLoad *)value)->one, ==, 0.5);
    g_assert_cmpfloat(((AgentLoad *)value)->five, ==, 2);
    json_free(&agent_load_type, value);
    g_assert_true(agent_reply_read("{\"return\":[{\"keys\":[\"a\"]}]}", &agent_keys_type, true,
                                   &value, &error));
    g_assert_cmpuint(((GPtrArray *)value)->len, ==, 1);
    g_ptr_array_unref(value);
    g_assert_true(agent_reply_read_number("{\"return\":3}", &number, &error));
    g_assert_cmpint(number, ==, 3);
    g_assert_false(agent_reply_read_number(refusal, &number, &error));
    g_assert_error(error, FAILURE, FAILURE_OPERATION_FAILED);
    g_assert_cmpstr(error->message, ==, "because");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/agent/a call is read with its arguments", test_call);
    g_test_add_func("/agent/an argument may be of two kinds", test_alternatives);
    g_test_add_func("/agent/what is no call is refused", test_refusals);
    g_test_add_func("/agent/arguments are listed by name", test_argument_names);
    g_test_add_func("/agent/replies have the protocol's shapes", test_replies);
    g_test_add_func("/agent/replies are read", test_reading);
    return g_test_run();
}
