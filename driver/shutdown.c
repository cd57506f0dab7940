/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Chooses between initctl and signals. */
#include "driver/shutdown.h"

#include "controller/wire/failure.h"
#include "driver/abi/log.h"
#include "driver/controller.h"
#include "driver/initctl.h"

static bool
send_signal(Domain *domain, int signal, GError **error)
{
    g_autoptr(Message) call = message_new_call("Signal");
    g_autoptr(Message) reply = NULL;

    call->parameters->signal = signal;
    reply = controller_call(domain, call, NULL, error);
    return reply != NULL;
}

/* Set before init is told, as it may end at once. */
static void
set_rebooting(Domain *domain, bool rebooting)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&domain->lock);

    if (domain->guest)
        domain->guest->rebooting = rebooting;
}

/* An init that has just been started sets up its signals in a moment: no reason to say no. */
#define SETTLE_SECONDS 2
#define SETTLE_STEP_US 10000

static bool
is_settling(Domain *domain)
{
    bool settling;

    g_mutex_lock(&domain->lock);
    settling = domain->guest && g_get_monotonic_time() - domain->guest->started <
                                    SETTLE_SECONDS * G_TIME_SPAN_SECOND;
    g_mutex_unlock(&domain->lock);
    return settling;
}

/* init_choose_signal(), asked again while init may still come to take it. */
static bool
choose_signal(Domain *domain, Init *init, InitRequest request, InitChoice *ret_choice,
              GError **error)
{
    for (;;) {
        g_autoptr(GError) local = NULL;

        if (init_choose_signal(init, request, ret_choice, &local))
            return true;
        if (init->initctl || !is_settling(domain)) {
            g_propagate_error(error, g_steal_pointer(&local));
            return false;
        }
        g_usleep(SETTLE_STEP_US);
        if (!init_detect(domain, init, error))
            return false;
    }
}

static bool
ask_by_signal(Domain *domain, Init *init, InitRequest request, GError **error)
{
    InitChoice choice;

    if (!choose_signal(domain, init, request, &choice, error))
        return false;
    set_rebooting(domain, choice.ends);
    if (!send_signal(domain, choice.signal, error)) {
        set_rebooting(domain, false);
        return false;
    }
    log_info("domain '%s': init (%s) was sent signal %d", domain->name, init_kind_name(init),
             choice.signal);
    return true;
}

static bool
ask_by_initctl(Domain *domain, InitRequest request, GError **error)
{
    char level = request == INIT_REBOOT ? INITCTL_REBOOT : INITCTL_POWEROFF;

    return initctl_request(domain, level, error);
}

/* What @init understands best, then the other way: both errors are worth reading. */
static bool
ask_best(Domain *domain, Init *init, InitRequest request, GError **error)
{
    bool initctl_first = init->initctl;
    g_autoptr(GError) by_initctl = NULL;
    g_autoptr(GError) by_signal = NULL;

    if (initctl_first && ask_by_initctl(domain, request, &by_initctl))
        return true;
    if (ask_by_signal(domain, init, request, &by_signal))
        return true;
    if (!initctl_first && ask_by_initctl(domain, request, &by_initctl))
        return true;
    return fail(error, FAILURE_OPERATION_UNSUPPORTED, "%s (by initctl: %s)", by_signal->message,
                by_initctl->message);
}

bool
shutdown_ask(Domain *domain, InitRequest request, unsigned int ways, GError **error)
{
    Init init;

    if (ways == SHUTDOWN_BY_INITCTL)
        return ask_by_initctl(domain, request, error);
    if (!init_detect(domain, &init, error))
        return false;
    if (ways == SHUTDOWN_BY_SIGNAL)
        return ask_by_signal(domain, &init, request, error);
    if (ways == (SHUTDOWN_BY_INITCTL | SHUTDOWN_BY_SIGNAL))
        init.initctl = true;
    return ask_best(domain, &init, request, error);
}

/* Whether @pid is no longer the running guest; waits until @deadline. */
static bool
wait_for_end(Domain *domain, pid_t pid, gint64 deadline)
{
    bool ended;
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&domain->lock);

    while (!(ended = domain_id(domain) != pid)) {
        if (!g_cond_wait_until(&domain->changed, &domain->lock, deadline))
            break;
    }
    return ended || domain_id(domain) != pid;
}

/* Whether the end of the guest counts as destroyed; returns its pid. */
static pid_t
set_destroyed(Domain *domain, bool destroyed)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&domain->lock);

    if (domain->guest)
        domain->guest->destroyed = destroyed;
    return domain_id(domain);
}

bool
shutdown_wait(Domain *domain, unsigned int seconds, GError **error)
{
    gint64 deadline = g_get_monotonic_time() + seconds * G_TIME_SPAN_SECOND;
    InitChoice choice;
    pid_t pid;
    Init init;

    if (!init_detect(domain, &init, error) ||
        !choose_signal(domain, &init, INIT_SHUTDOWN, &choice, error))
        return false;
    pid = set_destroyed(domain, true);
    if (!send_signal(domain, choice.signal, error)) {
        set_destroyed(domain, false);
        return false;
    }
    if (pid < 0 || wait_for_end(domain, pid, deadline))
        return true;
    set_destroyed(domain, false);
    return fail(error, FAILURE_OPERATION_FAILED,
                "the guest of domain '%s' is still running %u s after init was told to shut down: "
                "destroy it without the graceful flag",
                domain->name, seconds);
}
