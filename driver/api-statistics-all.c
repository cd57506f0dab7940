/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The call that asks for statistics of many domains at once. */
#include <string.h>

#include "controller/wire/failure.h"
#include "driver/abi/access.h"
#include "driver/abi/object.h"
#include "driver/api.h"
#include "driver/block-view.h"
#include "driver/domain-filter.h"
#include "driver/domains.h"
#include "driver/host.h"
#include "driver/link-counters.h"
#include "driver/memory-view.h"
#include "driver/operation.h"
#include "driver/record.h"
#include "driver/report.h"
#include "driver/threshold.h"
#include "driver/vcpu-times.h"

/* From how many domains on it pays to ask them side by side, and how many threads do. */
#define MANY   32
#define ASKERS 4

/* constants of libvirt 8.9 and later */
#define STATS_VM (1 << 10)

/* What is asked about one domain, and where the answer goes. */
typedef struct {
    const GuestView *guest;
    const Figures *figures;
    LinkCounters *links; /* of the host; NULL when nobody asked */
    Record *record;
} Question;

/* Figures that are told as they are. */
static const struct {
    unsigned group;
    const char *name;
    Figure figure;
} figure_rows[] = {
    { VIR_DOMAIN_STATS_CPU_TOTAL, "cpu.time", FIGURE_CPU_TIME },
    { VIR_DOMAIN_STATS_CPU_TOTAL, "cpu.user", FIGURE_CPU_USER },
    { VIR_DOMAIN_STATS_CPU_TOTAL, "cpu.system", FIGURE_CPU_SYSTEM },
    { VIR_DOMAIN_STATS_CPU_TOTAL, "cpu.periods", FIGURE_PERIODS },
    { VIR_DOMAIN_STATS_CPU_TOTAL, "cpu.throttled.periods", FIGURE_THROTTLED_PERIODS },
    { VIR_DOMAIN_STATS_CPU_TOTAL, "cpu.throttled.time", FIGURE_THROTTLED_TIME },
    { VIR_DOMAIN_STATS_MEMORY, "cpu.pressure.some.time", FIGURE_CPU_STALLED },
    { VIR_DOMAIN_STATS_MEMORY, "cpu.pressure.full.time", FIGURE_CPU_STALLED_FULL },
    { VIR_DOMAIN_STATS_MEMORY, "memory.pressure.some.time", FIGURE_MEMORY_STALLED },
    { VIR_DOMAIN_STATS_MEMORY, "memory.pressure.full.time", FIGURE_MEMORY_STALLED_FULL },
    { VIR_DOMAIN_STATS_MEMORY, "block.pressure.some.time", FIGURE_IO_STALLED },
    { VIR_DOMAIN_STATS_MEMORY, "block.pressure.full.time", FIGURE_IO_STALLED_FULL },
    { STATS_VM, "vm.pids.cur", FIGURE_TASKS },
    { STATS_VM, "vm.pids.max", FIGURE_TASKS_MAX },
};

static void
put_figures(const Question *question, unsigned group)
{
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(figure_rows); i++) {
        if (figure_rows[i].group == group && figure_known(question->figures, figure_rows[i].figure))
            record_ullong(question->record, figure_rows[i].name,
                          question->figures->values[figure_rows[i].figure]);
    }
}

static void
put_state(const Question *question)
{
    record_int(question->record, "state.state", (int)question->guest->state);
    record_int(question->record, "state.reason", question->guest->reason);
}

static void
put_balloon(const Question *question)
{
    const GuestView *guest = question->guest;
    MemoryView memory;
    size_t i;

    record_ullong(question->record, "balloon.maximum", guest->memory);
    if (!figure_known(question->figures, FIGURE_MEMORY)) {
        record_ullong(question->record, "balloon.current", guest->current_memory);
        return;
    }
    memory_view(guest, question->figures, &memory);
    for (i = 0; i < MEMORY_VIEW_ROWS; i++) {
        uint64_t value = memory_view_get(&memory, &memory_view_rows[i]);
        char name[32];

        g_snprintf(name, sizeof(name), "balloon.%s", memory_view_rows[i].name);
        if (value != UINT64_MAX)
            record_ullong(question->record, name, value);
    }
}

static void
put_vcpus(const Question *question)
{
    const GuestView *guest = question->guest;
    g_autofree uint64_t *times = NULL;
    unsigned i;

    record_uint(question->record, "vcpu.current", guest->vcpus_online);
    record_uint(question->record, "vcpu.maximum", guest->vcpus);
    if (!figure_known(question->figures, FIGURE_CPU_TIME))
        return;
    times = g_new0(uint64_t, guest->vcpus_online + 1);
    vcpu_times(guest, question->figures->values[FIGURE_CPU_TIME], times);
    for (i = 0; i < guest->vcpus_online; i++) {
        record_enter(question->record, "vcpu", i);
        record_int(question->record, "state", VIR_VCPU_RUNNING);
        record_ullong(question->record, "time", times[i]);
    }
    record_leave(question->record);
}

static void
put_interface(Record *record, const InterfaceView *interface,
              const virDomainInterfaceStatsStruct *stats)
{
    const struct {
        const char *name;
        long long value;
    } rows[] = {
        { "rx.bytes", stats->rx_bytes }, { "rx.pkts", stats->rx_packets },
        { "rx.errs", stats->rx_errs },   { "rx.drop", stats->rx_drop },
        { "tx.bytes", stats->tx_bytes }, { "tx.pkts", stats->tx_packets },
        { "tx.errs", stats->tx_errs },   { "tx.drop", stats->tx_drop },
    };
    size_t i;

    record_text(record, "name", interface->target);
    for (i = 0; i < G_N_ELEMENTS(rows); i++)
        record_ullong(record, rows[i].name, (uint64_t)rows[i].value);
}

static void
put_interfaces(const Question *question)
{
    const GPtrArray *interfaces = question->guest->interfaces;
    unsigned count = 0;
    guint i;

    if (!question->guest->usage.group)
        return;
    for (i = 0; i < interfaces->len; i++) {
        const InterfaceView *interface = interfaces->pdata[i];

        count += interface->target && question->links &&
                 g_hash_table_contains(question->links, interface->target);
    }
    record_uint(question->record, "net.count", count);
    for (i = 0, count = 0; question->links && i < interfaces->len; i++) {
        virDomainInterfaceStatsStruct stats;

        if (!link_counters_guest(question->links, interfaces->pdata[i], &stats))
            continue;
        record_enter(question->record, "net", count++);
        put_interface(question->record, interfaces->pdata[i], &stats);
    }
    record_leave(question->record);
}

static void
put_block(const Question *question, const BlockView *view)
{
    Record *record = question->record;
    BlockSizes sizes;
    const Usage *usage = &question->guest->usage;
    uint64_t threshold;

    record_text(record, "name", view->name);
    record_text(record, "path", view->path);
    if (usage->group) {
        record_ullong(record, "rd.reqs", view->figures.read_requests);
        record_ullong(record, "rd.bytes", view->figures.read_bytes);
        record_ullong(record, "wr.reqs", view->figures.write_requests);
        record_ullong(record, "wr.bytes", view->figures.write_bytes);
    }
    if (view->disk && usage->group &&
        (threshold = threshold_get(usage->domain, usage->pid, view->name)) > 0)
        record_ullong(record, "threshold", threshold);
    if (!view->disk || !view->disk->source || !block_sizes(view->disk, &sizes, NULL))
        return;
    record_ullong(record, "allocation", sizes.allocation);
    record_ullong(record, "capacity", sizes.capacity);
    record_ullong(record, "physical", sizes.physical);
}

static void
put_blocks(const Question *question)
{
    g_autoptr(GArray) views = block_views(question->guest);
    guint i;

    record_uint(question->record, "block.count", views->len);
    for (i = 0; i < views->len; i++) {
        record_enter(question->record, "block", i);
        put_block(question, &g_array_index(views, BlockView, i));
    }
    record_leave(question->record);
}

static void
put_events(const Question *question)
{
    const GroupCounters *counters = question->guest->usage.counters;
    unsigned i;

    for (i = 0; counters && perf_event_names[i]; i++) {
        int number = counter_find(perf_event_names[i]);
        char name[64];
        uint64_t count;

        if (number < 0 || !group_counters_read(counters, (unsigned)number, &count))
            continue;
        g_snprintf(name, sizeof(name), "perf.%s", perf_event_names[i]);
        record_ullong(question->record, name, count);
    }
}

/* The groups: what each needs, and what it says beside its rows of figures. */
static const struct {
    unsigned group;
    unsigned figures; /* FigureSet */
    unsigned parts;   /* ViewParts */
    void (*put)(const Question *question);
} groups[] = {
    { VIR_DOMAIN_STATS_STATE, 0, 0, put_state },
    { VIR_DOMAIN_STATS_CPU_TOTAL, FIGURES_CPU_TIME | FIGURES_THROTTLING, 0, NULL },
    { VIR_DOMAIN_STATS_BALLOON, FIGURES_MEMORY_DETAILS, 0, put_balloon },
    { VIR_DOMAIN_STATS_VCPU, FIGURES_CPU_TIME, 0, put_vcpus },
    { VIR_DOMAIN_STATS_INTERFACE, 0, VIEW_INTERFACES, put_interfaces },
    { VIR_DOMAIN_STATS_BLOCK, 0, VIEW_DISKS, put_blocks },
    { VIR_DOMAIN_STATS_PERF, 0, 0, put_events },
    { VIR_DOMAIN_STATS_MEMORY, FIGURES_CPU_PRESSURE | FIGURES_MEMORY_PRESSURE | FIGURES_IO_PRESSURE,
      0, NULL },
    { STATS_VM, FIGURES_TASKS, 0, NULL },
};

/* One call: what is asked of every domain. */
typedef struct {
    GMutex lock; /* of links */
    unsigned groups;
    unsigned figures;
    unsigned parts;
    LinkCounters *links;
} Inquiry;

static bool
inquiry_begin(Inquiry *inquiry, unsigned wanted, bool enforce, GError **error)
{
    unsigned known = 0;
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(groups); i++)
        known |= groups[i].group;
    if (enforce && wanted & ~known)
        return fail(error, FAILURE_ARGUMENT_UNSUPPORTED,
                    "statistics 0x%x do not exist for containers", wanted & ~known);
    inquiry->groups = wanted ? wanted & known : known;
    for (i = 0; i < G_N_ELEMENTS(groups); i++) {
        if (!(inquiry->groups & groups[i].group))
            continue;
        inquiry->figures |= groups[i].figures;
        inquiry->parts |= groups[i].parts;
    }
    return true;
}

static void
inquiry_clear(Inquiry *inquiry)
{
    g_mutex_clear(&inquiry->lock);
    link_counters_free(inquiry->links);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Inquiry, inquiry_clear)

/* One file has all interfaces of the host: it is read when the first guest with one turns up. */
static LinkCounters *
links_for(Inquiry *inquiry, const GuestView *guest)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&inquiry->lock);

    if (!inquiry->links && guest->interfaces && guest->interfaces->len > 0)
        inquiry->links = link_counters_new(0, NULL);
    return inquiry->links;
}

/* What is asked of one domain, and what it answered. */
typedef struct {
    Domain *domain;
    bool there;
    int id;
    Record record;
} Answer;

/* In any thread. */
static void
ask(gpointer data, gpointer opaque)
{
    g_auto(GuestView) guest = { 0 };
    Figures figures = { 0 };
    Answer *answer = data;
    Inquiry *inquiry = opaque;
    Question question = { &guest, &figures, NULL, &answer->record };
    size_t i;

    g_mutex_lock(&answer->domain->lock);
    answer->there = guest_view_begin(&guest, answer->domain, inquiry->parts);
    answer->id = domain_id(answer->domain);
    g_mutex_unlock(&answer->domain->lock);
    if (!answer->there)
        return;
    if (guest.usage.group)
        figures_read(host_figures(), guest.usage.files, inquiry->figures, &figures);
    question.links = links_for(inquiry, &guest);
    for (i = 0; i < G_N_ELEMENTS(groups); i++) {
        if (!(inquiry->groups & groups[i].group))
            continue;
        put_figures(&question, groups[i].group);
        if (groups[i].put)
            groups[i].put(&question);
    }
}

/* Few are asked here, many by as many threads as can do it at once. */
static void
ask_all(Inquiry *inquiry, GArray *answers)
{
    GThreadPool *pool =
        answers->len < MANY
            ? NULL
            : g_thread_pool_new(ask, inquiry, (gint)MIN(host_processors(), ASKERS), FALSE, NULL);
    guint i;

    for (i = 0; i < answers->len; i++) {
        if (pool)
            g_thread_pool_push(pool, &g_array_index(answers, Answer, i), NULL);
        else
            ask(&g_array_index(answers, Answer, i), inquiry);
    }
    if (pool)
        g_thread_pool_free(pool, FALSE, TRUE); /* waits for all */
}

/* NULL: the domain was just being removed, or libvirt could make no handle. */
static virDomainStatsRecordPtr
record_new(virConnectPtr conn, Answer *answer)
{
    virDomainStatsRecordPtr record;
    virDomainPtr handle;

    if (!answer->there ||
        !(handle = object_new_domain(conn, answer->domain->name, answer->domain->uuid, answer->id)))
        return NULL;
    record = g_new0(virDomainStatsRecord, 1);
    record->dom = handle;
    record->params = answer->record.params;
    record->nparams = answer->record.count;
    memset(&answer->record, 0, sizeof(answer->record));
    return record;
}

static void
answer_clear(gpointer data)
{
    record_clear(&((Answer *)data)->record);
}

/* The domains of a list of handles; one that is gone is left out, as libvirt does. */
static GPtrArray *
domains_of(virDomainPtr *handles, unsigned count)
{
    GPtrArray *found = g_ptr_array_new_with_free_func((GDestroyNotify)domain_unref);
    unsigned i;

    for (i = 0; i < count; i++) {
        unsigned char uuid[VIR_UUID_BUFLEN];
        Domain *domain = virDomainGetUUID(handles[i], uuid) < 0 ? NULL : domains_by_uuid(uuid);

        if (domain)
            g_ptr_array_add(found, domain);
    }
    return found;
}

#define STATS_FLAGS                                                                         \
    (VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT | VIR_CONNECT_GET_ALL_DOMAINS_STATS_BACKING | \
     VIR_CONNECT_GET_ALL_DOMAINS_STATS_ENFORCE_STATS)

#define STATS_FILTERS                                                                             \
    (VIR_CONNECT_GET_ALL_DOMAINS_STATS_ACTIVE | VIR_CONNECT_GET_ALL_DOMAINS_STATS_INACTIVE |      \
     VIR_CONNECT_GET_ALL_DOMAINS_STATS_PERSISTENT | VIR_CONNECT_GET_ALL_DOMAINS_STATS_TRANSIENT | \
     VIR_CONNECT_GET_ALL_DOMAINS_STATS_RUNNING | VIR_CONNECT_GET_ALL_DOMAINS_STATS_PAUSED |       \
     VIR_CONNECT_GET_ALL_DOMAINS_STATS_SHUTOFF | VIR_CONNECT_GET_ALL_DOMAINS_STATS_OTHER)

/* The domains to ask: those that pass the filters and that the caller may see. */
static GArray *
answers_new(virConnectPtr conn, const GPtrArray *domains, unsigned filters)
{
    GArray *answers = g_array_new(FALSE, TRUE, sizeof(Answer));
    guint i;

    g_array_set_clear_func(answers, answer_clear);
    for (i = 0; i < domains->len; i++) {
        Answer answer = { .domain = domains->pdata[i] };

        if (domain_filter_matches(answer.domain, filters) &&
            access_filter_domain(conn, FILTER(virConnectGetAllDomainStatsCheckACL),
                                 answer.domain->name, answer.domain->uuid))
            g_array_append_val(answers, answer);
    }
    return answers;
}

static int
api_connect_get_all_domain_stats(virConnectPtr conn, virDomainPtr *handles, unsigned int count,
                                 unsigned int stats, virDomainStatsRecordPtr **ret_stats,
                                 unsigned int flags)
{
    bool enforce = flags & VIR_CONNECT_GET_ALL_DOMAINS_STATS_ENFORCE_STATS;
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) domains = NULL;
    g_autoptr(GArray) answers = NULL;
    g_auto(Inquiry) inquiry = { 0 };
    guint found = 0;
    guint i;

    if (!report_check_flags(flags, (unsigned)STATS_FLAGS | (unsigned)STATS_FILTERS))
        return -1;
    if (!access_check_connect(conn, ACL(virConnectGetAllDomainStatsEnsureACL), &error) ||
        !inquiry_begin(&inquiry, stats, enforce, &error))
        return report(error);
    domains = count > 0 ? domains_of(handles, count) : domains_all();
    answers = answers_new(conn, domains, flags & STATS_FILTERS);
    ask_all(&inquiry, answers);
    *ret_stats = g_new0(virDomainStatsRecordPtr, answers->len + 1);
    for (i = 0; i < answers->len; i++) {
        virDomainStatsRecordPtr record = record_new(conn, &g_array_index(answers, Answer, i));

        if (record)
            (*ret_stats)[found++] = record;
    }
    return (int)found;
}

const ApiSlot statistics_all_api[] = {
    API(connectGetAllDomainStats, api_connect_get_all_domain_stats),
    { NULL, NULL },
};
