#include "report/table.h"

#include <stdio.h>

#define GAP            2u
#define KEV_WIDTH      4u
#define RISK_WIDTH     6u
#define RISK_ROOM      60u /* a narrower page leaves it out */
#define SEVERITY_WIDTH (BW_TABLE_SEVERITY_SIZE - 2u)
#define CELL_MIN       8u

/* Most vulnerabilities have a lower chance of being exploited: it is no news. */
#define EPSS_SHOWN 10000

/* Room that a column of advisories of its own must have; else they go below their row. */
#define ADVISORIES_MIN 34u

/* A list is cut to SHOWN when it has more than MAX: cutting off three is not worth its words. */
#define ADVISORIES_SHOWN 16u
#define ADVISORIES_MAX   20u
#define NAMES_SHOWN      10u
#define NAMES_MAX        12u

enum cell {
    CELL_NAME,
    CELL_VERSION,
    CELL_FIXED,
    CELLS,
};

struct layout {
    unsigned kev;          /* columns of the mark, 0 where no row has it */
    unsigned risk;         /* columns of the number, likewise */
    unsigned start[CELLS]; /* first column of each cell */
    unsigned width[CELLS];
    unsigned advisories; /* first column of the list */
    bool beside;         /* the list stands beside the cells */
};

static struct bw_str fixed_text(const struct bw_group *group)
{
    if (!group->fixable)
        return BW_STR("no fix");
    return group->fixed.n ? group->fixed : BW_STR("several");
}

static void measure(const struct bw_text *text, const struct bw_groups *groups, unsigned *width)
{
    for (size_t i = 0; i < groups->n; i++) {
        const struct bw_group *group = &groups->v[i];
        const struct bw_str cells[CELLS] = {group->name, group->version, fixed_text(group)};
        for (int c = 0; c < CELLS; c++) {
            unsigned columns = bw_text_measure(text, cells[c]);
            if (columns > width[c])
                width[c] = columns;
        }
    }
}

/* Takes from the widest cell until all fit: short ones stay whole. */
static void shrink(unsigned *width, unsigned room)
{
    while (width[0] + width[1] + width[2] > room) {
        int widest = 0;
        for (int c = 1; c < CELLS; c++)
            if (width[c] > width[widest])
                widest = c;
        if (width[widest] <= CELL_MIN)
            break;
        width[widest]--;
    }
}

static struct layout lay_out(const struct bw_text *text, const struct bw_groups *groups)
{
    struct layout layout = {.width = {sizeof "PACKAGE" - 1, sizeof "INSTALLED" - 1, CELL_MIN}};
    for (size_t i = 0; i < groups->n; i++) {
        if (groups->v[i].kev)
            layout.kev = KEV_WIDTH;
        if (groups->v[i].risk_tenths >= 0 && text->width >= RISK_ROOM)
            layout.risk = RISK_WIDTH;
    }
    unsigned lead = layout.kev + layout.risk + SEVERITY_WIDTH + GAP;
    measure(text, groups, layout.width);
    shrink(layout.width, text->width - lead - (CELLS - 1) * GAP);
    unsigned column = lead;
    for (int c = 0; c < CELLS; c++) {
        layout.start[c] = column;
        column += layout.width[c] + GAP;
    }
    layout.beside = column + ADVISORIES_MIN <= text->width;
    layout.advisories = layout.beside ? column : lead;
    return layout;
}

static void put_heading(struct bw_text *text, const struct layout *layout)
{
    bw_text_tab(text, layout->kev);
    if (layout->risk)
        bw_text_put(text, BW_STYLE_FAINT, BW_STR("RISK"));
    bw_text_tab(text, layout->kev + layout->risk);
    bw_text_put(text, BW_STYLE_FAINT, BW_STR("SEVERITY"));
    bw_text_tab(text, layout->start[CELL_NAME]);
    bw_text_put(text, BW_STYLE_FAINT, BW_STR("PACKAGE"));
    bw_text_tab(text, layout->start[CELL_VERSION]);
    bw_text_put(text, BW_STYLE_FAINT, BW_STR("INSTALLED"));
    bw_text_tab(text, layout->start[CELL_FIXED]);
    bw_text_put(text, BW_STYLE_FAINT, BW_STR("FIXED IN"));
    if (layout->beside) {
        bw_text_tab(text, layout->advisories);
        bw_text_put(text, BW_STYLE_FAINT, BW_STR("ADVISORIES"));
    }
    bw_text_newline(text);
}

static void put_cells(struct bw_text *text, const struct layout *layout,
                      const struct bw_group *group)
{
    char severity[BW_TABLE_SEVERITY_SIZE];
    bw_table_severity(group->severity, severity);
    if (group->kev)
        bw_text_put(text, BW_STYLE_ALARM, BW_STR("KEV"));
    bw_text_tab(text, layout->kev);
    if (layout->risk && group->risk_tenths >= 0)
        bw_text_printf(text, BW_STYLE_PLAIN, "%d.%d", group->risk_tenths / 10,
                       group->risk_tenths % 10);
    bw_text_tab(text, layout->kev + layout->risk);
    bw_text_put(text, bw_style_of_severity(group->severity), bw_str(severity));
    bw_text_tab(text, layout->start[CELL_NAME]);
    bw_text_put_cut(text, BW_STYLE_STRONG, group->name, layout->width[CELL_NAME]);
    bw_text_tab(text, layout->start[CELL_VERSION]);
    bw_text_put_cut(text, BW_STYLE_PLAIN, group->version, layout->width[CELL_VERSION]);
    bw_text_tab(text, layout->start[CELL_FIXED]);
    bw_text_put_cut(text, group->fixable ? BW_STYLE_GOOD : BW_STYLE_FAINT, fixed_text(group),
                    layout->width[CELL_FIXED]);
}

/* An advisory as people know it: by its CVE, where it has one. */
struct label {
    struct bw_str id;  /* "CVE-2023-0464", "DSA-5417-1" */
    struct bw_str cve; /* of an advisory with one that its name does not say */
    char more[32];     /* "3 CVEs", "EPSS 43%", "3 CVEs, EPSS 43%" */
};

static struct label label_of(const struct bw_finding *finding)
{
    struct label label = {.id = finding->id};
    const struct bw_advisory *advisory = finding->advisory;
    size_t cves = advisory ? advisory->cves.n : 0;
    if (cves > 1)
        snprintf(label.more, sizeof label.more, "%zu CVEs", cves);
    else if (cves == 1 && bw_str_ends(finding->id, advisory->cves.v[0]))
        label.id = advisory->cves.v[0]; /* "ALPINE-CVE-2023-0464" */
    else if (cves == 1)
        label.cve = advisory->cves.v[0];
    if (finding->epss_millionths >= EPSS_SHOWN)
        snprintf(label.more + strlen(label.more), sizeof label.more - strlen(label.more),
                 "%sEPSS %d%%", *label.more ? ", " : "", (finding->epss_millionths + 5000) / 10000);
    return label;
}

static unsigned measure_label(const struct bw_text *text, const struct label *label, bool kev)
{
    unsigned inside = bw_text_measure(text, label->cve) + (unsigned)strlen(label->more) +
                      (label->cve.n && *label->more ? 2 : 0);
    return bw_text_measure(text, label->id) + (kev ? sizeof "[KEV] " - 1 : 0) +
           (inside ? inside + sizeof " ()" - 1 : 0);
}

static void put_label(struct bw_text *text, const struct label *label,
                      const struct bw_finding *finding, unsigned indent)
{
    enum bw_style style = bw_style_of_severity(finding->severity);
    if (finding->advisory && finding->advisory->kev) {
        bw_text_put(text, BW_STYLE_ALARM, BW_STR("[KEV]"));
        bw_text_blanks(text, 1);
    }
    bw_text_flow(text, style, label->id, indent);
    if (!label->cve.n && !*label->more)
        return;
    bw_text_put(text, style, BW_STR(" ("));
    bw_text_flow(text, style, label->cve, indent);
    if (label->cve.n && *label->more)
        bw_text_put(text, style, BW_STR(", "));
    bw_text_flow(text, style, bw_str(label->more), indent);
    bw_text_put(text, style, BW_STR(")"));
}

static bool is_mixed(const struct bw_report *report, const struct bw_group *group)
{
    for (size_t i = 1; i < group->n; i++)
        if (report->findings[group->findings[i]].severity !=
            report->findings[group->findings[0]].severity)
            return true;
    return false;
}

/* The same advisory for several packages of a group stands once. */
static bool is_repeated(const struct bw_report *report, const struct bw_group *group, size_t i)
{
    return i > 0 && bw_str_eq(report->findings[group->findings[i]].id,
                              report->findings[group->findings[i - 1]].id);
}

static size_t shown(const struct bw_text *text, size_t n, size_t max, size_t cut)
{
    return n <= max || text->options->detail == BW_OUTPUT_VERBOSE ? n : cut;
}

static void put_advisory(struct bw_text *text, const struct bw_finding *finding, bool with_severity,
                         unsigned indent)
{
    struct label label = label_of(finding);
    bool kev = finding->advisory && finding->advisory->kev;
    const char *severity = bw_severity_name(finding->severity);
    unsigned columns = measure_label(text, &label, kev);
    bw_text_need(text, columns + (with_severity ? (unsigned)strlen(severity) + 2 : 0), indent);
    if (with_severity) {
        bw_text_printf(text, BW_STYLE_PLAIN, "%s:", severity);
        bw_text_blanks(text, 1);
    }
    put_label(text, &label, finding, indent);
}

static void put_advisories(struct bw_text *text, const struct bw_report *report,
                           const struct bw_group *group, unsigned indent)
{
    size_t distinct = 0, at = 0;
    for (size_t i = 0; i < group->n; i++)
        distinct += !is_repeated(report, group, i);
    size_t last = shown(text, distinct, ADVISORIES_MAX, ADVISORIES_SHOWN);
    bool mixed = is_mixed(report, group);
    const struct bw_finding *before = NULL;
    for (size_t i = 0; i < group->n && at < last; i++) {
        if (is_repeated(report, group, i))
            continue;
        const struct bw_finding *finding = &report->findings[group->findings[i]];
        bool other = !before || finding->severity != before->severity;
        if (before)
            bw_table_separate(text, mixed && other ? ";" : ",");
        put_advisory(text, finding, mixed && other, indent);
        before = finding;
        at++;
    }
    if (last < distinct)
        bw_table_more(text, BW_STYLE_FAINT, indent, distinct - last);
}

static void put_names(struct bw_text *text, const struct bw_report *report,
                      const struct bw_group *group, unsigned indent)
{
    size_t last = shown(text, group->packages, NAMES_MAX, NAMES_SHOWN), at = 0;
    struct bw_str before = {NULL, 0};
    bw_text_put(text, BW_STYLE_FAINT, BW_STR("in"));
    bw_text_blanks(text, 1);
    for (size_t i = 0; i < group->n && at < last; i++) {
        struct bw_str name = bw_group_name_of(&report->findings[group->by_name[i]]);
        if (i > 0 && bw_str_eq(name, before))
            continue;
        if (i > 0)
            bw_table_separate(text, ",");
        bw_text_need(text, bw_text_measure(text, name), indent);
        bw_text_flow(text, BW_STYLE_FAINT, name, indent);
        before = name;
        at++;
    }
    if (last < group->packages)
        bw_table_more(text, BW_STYLE_FAINT, indent, group->packages - last);
}

static void put_group(struct bw_text *text, const struct bw_report *report,
                      const struct layout *layout, const struct bw_group *group)
{
    put_cells(text, layout, group);
    if (!layout->beside)
        bw_text_newline(text);
    bw_text_tab(text, layout->advisories);
    put_advisories(text, report, group, layout->advisories);
    bw_text_newline(text);
    if (group->packages > 1) {
        bw_text_tab(text, layout->advisories);
        put_names(text, report, group, layout->advisories);
        bw_text_newline(text);
    }
}

void bw_table_findings(struct bw_text *text, const struct bw_report *report,
                       const struct bw_groups *groups)
{
    struct layout layout = lay_out(text, groups);
    put_heading(text, &layout);
    for (size_t i = 0; i < groups->n; i++)
        put_group(text, report, &layout, &groups->v[i]);
}
