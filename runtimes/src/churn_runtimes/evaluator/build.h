/* From node_table's arrays to a table: copied, and checked so that no walk leaves them. */
#ifndef FLAT_TREES_BUILD_H
#define FLAT_TREES_BUILD_H

#include "derive.h"
#include "tops.h"

#include <sys/mman.h>

static int refuse(const char *message)
{
    PyErr_SetString(PyExc_ValueError, message);
    return -1;
}

/* Children lie behind their parent and inside the tree, so every walk ends; the depth is worked out here, so that it
 * ends at a leaf. */
static int check_tree(Table *table, const TreeSpan span, Tree *tree)
{
    if (span.nodes == 0 || span.root > table->node_count || span.nodes > table->node_count - span.root)
        return refuse("a tree lies outside the nodes");
    uint32_t *depths = calloc(span.nodes, sizeof *depths);
    if (!depths) {
        PyErr_NoMemory();
        return -1;
    }
    const char *fault = NULL;
    tree->root = span.root;
    for (uint32_t i = 0; i < span.nodes && !fault; i++) {
        const Node node = table->nodes[span.root + i];
        const uint16_t column = column_of(node) & ~SET_BIT;
        const uint64_t offset = offset_of(node);
        if (offset == 0) {
            if (column_of(node) != 0 || threshold_of(node) >= (uint32_t)table->leaf_count)
                fault = "a leaf without a value";
            continue;
        }
        if (column == 0 || column > table->column_count)
            fault = "a node asks for a column that is none";
        else if (i + offset + 1 >= span.nodes)
            fault = "a node's child lies outside its tree";
        else if (column_of(node) & SET_BIT && threshold_of(node) >= (uint32_t)table->set_count)
            fault = "a node asks for a set that is none";
        else {
            const uint32_t depth = depths[i] + 1;
            for (int child = 0; child < 2; child++)
                if (depths[i + offset + child] < depth)
                    depths[i + offset + child] = depth;
            if (depth > tree->depth)
                tree->depth = depth;
            tree->has_sets |= (column_of(node) & SET_BIT) != 0;
        }
    }
    free(depths);
    tree->usual_levels = span.usual_levels < tree->depth ? span.usual_levels : tree->depth;
    return fault ? refuse(fault) : 0;
}

static int check_table(Table *table)
{
    if (table->leaf_count > UINT32_MAX || table->set_count > UINT32_MAX || table->column_count > MAX_COLUMNS ||
        table->node_count >= UINT32_MAX || table->tree_count > UINT32_MAX / EXITS)
        return refuse("more than a table can number");
    for (Py_ssize_t i = 0; i < table->column_count; i++)
        if (table->columns[i].feature >= table->width)
            return refuse("a column of a feature that is none");
    for (Py_ssize_t i = 0; i < table->set_count; i++)
        if ((uint64_t)table->sets[i].first + table->sets[i].words > (uint64_t)table->word_count)
            return refuse("a set outside its words");
    for (Py_ssize_t i = 0; i < table->term_count; i++) {
        const Term *term = table->terms + i;
        if (term->feature >= table->width ||
            (uint64_t)term->first + term->codes > (uint64_t)table->code_weight_count)
            return refuse("a term of a feature or of weights that are none");
    }
    for (Py_ssize_t i = 0; i < table->member_count; i++) {
        const Member *member = table->members + i;
        const Py_ssize_t known = member->kind == LINEAR ? table->term_count : table->tree_count;
        if (member->kind > LINEAR || member->link > LOGISTIC || (uint64_t)member->first + member->count > (uint64_t)known)
            return refuse("a member of an unknown kind, or of trees or terms that are none");
    }
    return 0;
}

static int by_sets_and_levels(const void *left, const void *right)
{
    const Tree *a = left, *b = right;
    if (a->has_sets != b->has_sets)
        return a->has_sets - b->has_sets;
    return a->usual_levels < b->usual_levels ? -1 : a->usual_levels > b->usual_levels;
}

/* Trees of like depth walk side by side, as many levels as the last of the group. The first group is filled up with
 * walks of no tree, which are at a leaf. */
static void group_walks(Table *table, Tree *trees)
{
    const Py_ssize_t missing = table->groups * LANES - table->tree_count;
    qsort(trees, table->tree_count, sizeof *trees, by_sets_and_levels);
    for (Py_ssize_t i = 0; i < missing; i++)
        table->starts[i] = (Walk){(uint32_t)table->tree_count, (uint32_t)table->node_count};
    for (Py_ssize_t i = 0; i < table->tree_count; i++)
        table->starts[missing + i] = (Walk){trees[i].place, trees[i].root};
    for (Py_ssize_t i = 0; i < table->groups; i++) {
        const Tree *last = trees + (i + 1) * LANES - 1 - missing;
        table->levels[i] = last->usual_levels;
        table->plain_groups += !last->has_sets;
    }
}

/* Zeros that begin at a cache line. */
static void *zeros(size_t size)
{
    void *memory;
    return posix_memalign(&memory, CACHE_LINE, size) == 0 ? memset(memory, 0, size) : NULL;
}

static int allocate_scratch(const Table *table, Scratch *scratch, size_t walks, size_t rows)
{
    scratch->nowhere = (uint32_t)walks;
    scratch->leaf_of_walk = zeros((walks + 1) * sizeof *scratch->leaf_of_walk);
    scratch->pending = zeros((walks + LANES) * sizeof *scratch->pending);
    scratch->keys = zeros((table->column_count + 1) * rows * sizeof *scratch->keys);
    return scratch->leaf_of_walk && scratch->pending && scratch->keys ? 0 : -1;
}

static void free_scratch(Scratch *scratch)
{
    free(scratch->leaf_of_walk);
    free(scratch->pending);
    free(scratch->keys);
}

static int allocate_workspace(const Table *table, Workspace *work)
{
    Block *block = &work->block;
    block->ordered = zeros((table->column_count + 1) * BLOCK_ROWS * sizeof *block->ordered);
    block->open = zeros(BLOCK_ROWS * sizeof *block->open);
    work->wide = zeros(table->width * BLOCK_ROWS * sizeof *work->wide);
    const int walks = allocate_scratch(table, &block->walks, TREES_AT_ONCE * BLOCK_ROWS, BLOCK_ROWS);
    const int row = allocate_scratch(table, &work->row, table->groups * LANES, 1);
    return block->ordered && block->open && work->wide ? walks | row : -1;
}

static void free_workspace(Workspace *work)
{
    free_scratch(&work->row);
    free_scratch(&work->block.walks);
    free(work->block.ordered);
    free(work->block.open);
    free(work->wide);
}

static int order_walks(Table *table)
{
    table->groups = (table->tree_count + LANES - 1) / LANES;
    table->starts = calloc(table->groups * LANES + 1, sizeof *table->starts);
    table->levels = calloc(table->groups + 1, sizeof *table->levels);
    Tree *trees = malloc((table->tree_count + 1) * sizeof *trees);
    const int enough = table->starts && table->levels && trees && allocate_workspace(table, &table->own) == 0;
    if (enough) {
        memcpy(trees, table->trees, table->tree_count * sizeof *trees);
        group_walks(table, trees);
    } else {
        PyErr_NoMemory();
    }
    free(trees);
    return enough ? 0 : -1;
}

static int link_trees(Table *table, const TreeSpan *spans)
{
    table->trees = calloc(table->tree_count + 1, sizeof *table->trees);
    if (!table->trees) {
        PyErr_NoMemory();
        return -1;
    }
    for (Py_ssize_t i = 0; i < table->tree_count; i++) {
        table->trees[i].place = (uint32_t)i;
        if (check_tree(table, spans[i], table->trees + i) < 0)
            return -1;
    }
    return order_walks(table) < 0 ? -1 : make_tops(table);
}

/* A copy of the buffer's items; NULL with an exception set when it does not hold whole ones. */
static void *copy_items(const Py_buffer *buffer, size_t size, Py_ssize_t *count)
{
    if (buffer->len % (Py_ssize_t)size) {
        refuse("an array of another item size");
        return NULL;
    }
    *count = buffer->len / (Py_ssize_t)size;
    void *copy = malloc(buffer->len + size);
    if (!copy)
        PyErr_NoMemory();
    else
        memcpy(copy, buffer->buf, buffer->len);
    return copy;
}

/* Nodes begin at a cache line, so that two children never lie in two of them. Many nodes lie in a huge page where the
 * kernel has one: over small pages it is chance how many of their lines compete for one place of the second cache, and
 * a row takes up to a tenth longer in one process than in the next. */
static Node *allocate_nodes(size_t count)
{
    const size_t size = count * sizeof(Node);
    const size_t alignment = size < HUGE_PAGE / 4 ? CACHE_LINE : HUGE_PAGE;
    const size_t whole = (size + alignment - 1) / alignment * alignment;
    void *memory;
    if (posix_memalign(&memory, alignment, whole) != 0) {
        PyErr_NoMemory();
        return NULL;
    }
#ifdef MADV_HUGEPAGE
    if (alignment == HUGE_PAGE)
        madvise(memory, whole, MADV_HUGEPAGE);
#endif
    return memory;
}

/* Behind them follows a leaf for walks of no tree. */
static int copy_nodes(Table *table, const Py_buffer *buffer)
{
    if (buffer->len % (Py_ssize_t)sizeof(Node))
        return refuse("an array of another item size");
    table->node_count = buffer->len / (Py_ssize_t)sizeof(Node);
    if (!(table->nodes = allocate_nodes(table->node_count + 1)))
        return -1;
    memcpy(table->nodes, buffer->buf, buffer->len);
    table->nodes[table->node_count] = 0;
    return 0;
}

/* With it, how wide a row is as the members score it. */
static int take_program(Table *table, const Py_buffer *steps, const Py_buffer *values)
{
    if (!(table->steps = copy_items(steps, sizeof(Step), &table->step_count)) ||
        !(table->step_values = copy_items(values, sizeof(float), &table->step_value_count)))
        return -1;
    const char *fault = program_fault(table);
    if (fault)
        return refuse(fault);
    table->width = table->step_count ? (Py_ssize_t)table->steps[table->step_count - 1].target + 1 : table->features;
    return 0;
}

enum { COLUMNS, NODES, SPANS, LEAVES, SETS, SET_WORDS, TERMS, CODE_WEIGHTS, MEMBERS, STEPS, STEP_VALUES, WEIGHTS, ARRAYS };

static int fill_table(Table *table, const Py_buffer *arrays)
{
    Py_ssize_t weight_count, span_count;
    if (!(table->columns = copy_items(arrays + COLUMNS, sizeof(Column), &table->column_count)) ||
        !(table->leaves = copy_items(arrays + LEAVES, sizeof(double), &table->leaf_count)) ||
        !(table->sets = copy_items(arrays + SETS, sizeof(Set), &table->set_count)) ||
        !(table->set_words = copy_items(arrays + SET_WORDS, sizeof(uint32_t), &table->word_count)) ||
        !(table->terms = copy_items(arrays + TERMS, sizeof(Term), &table->term_count)) ||
        !(table->code_weights = copy_items(arrays + CODE_WEIGHTS, sizeof(double), &table->code_weight_count)) ||
        !(table->members = copy_items(arrays + MEMBERS, sizeof(Member), &table->member_count)) ||
        !(table->weights = copy_items(arrays + WEIGHTS, sizeof(double), &weight_count)) ||
        copy_nodes(table, arrays + NODES) < 0 || take_program(table, arrays + STEPS, arrays + STEP_VALUES) < 0)
        return -1;
    if (table->combine != NO_COMBINE && weight_count != table->member_count)
        return refuse("one weight per member is expected");
    if (table->leaf_count < 1)
        return refuse("at least one leaf value is expected");
    TreeSpan *spans = copy_items(arrays + SPANS, sizeof *spans, &span_count);
    if (!spans)
        return -1;
    table->tree_count = span_count;
    const int result = check_table(table) < 0 ? -1 : link_trees(table, spans);
    free(spans);
    return result;
}

#endif
