/* From a row's keys to the leaf of every tree. */
#ifndef FLAT_TREES_WALK_H
#define FLAT_TREES_WALK_H

#include "table.h"

/* `at` is the number of a node, and so is what comes back. `apart` is from one column's key to the next one's. It and
 * `has_sets` are constants at each call that walks many trees, so that the plain loop holds no trace of sets. */
static inline uint64_t step(const Table *table, uint64_t at, const Key *row, size_t apart, int has_sets)
{
    const Node node = table->nodes[at];
    if (has_sets && column_of(node) & SET_BIT) {
        const float value = value_of(row[(column_of(node) & ~SET_BIT) * apart]);
        return at + offset_of(node) + !in_set(table, threshold_of(node), value);
    }
#ifdef __x86_64__
    /* What the line below says. Compilers often make a flag, its widening and two additions of it. */
    __asm__("cmpq %[key], %[node]\n\tadcq %[offset], %[at]"
            : [at] "+r"(at)
            : [key] "m"(row[column_of(node) * apart]), [node] "r"(node), [offset] "r"(offset_of(node))
            : "cc");
    return at;
#else
    return at + offset_of(node) + (node < row[column_of(node) * apart]);
#endif
}

/* Says where a walk has come to and gives how many are pending now. Both are always written, and the second is only
 * counted where the walk has to go on: no branch here either. */
static inline size_t record_or_keep(const Table *table, const Scratch *scratch, uint32_t place, uint64_t at, size_t pending)
{
    const Node node = table->nodes[at];
    scratch->leaf_of_walk[place] = threshold_of(node);
    scratch->pending[pending] = (Walk){place, (uint32_t)at};
    return pending + (offset_of(node) != 0);
}

/* LANES walks; gives how many are pending then. `group` may lie in `pending` itself: what it writes there it has read
 * before. */
static inline size_t walk_group(const Table *table, const Scratch *scratch, const Walk *group, uint32_t levels, size_t pending,
                                uint32_t rows, int has_sets)
{
    uint64_t at[LANES];
    const Key *keys[LANES];
    EACH_LANE(lane) {
        at[lane] = group[lane].at;
        keys[lane] = scratch->keys + group[lane].place % rows;
    }
    for (; levels > 0; levels--)
        EACH_LANE(lane)
            at[lane] = step(table, at[lane], keys[lane], rows, has_sets);
    EACH_LANE(lane)
        pending = record_or_keep(table, scratch, group[lane].place, at[lane], pending);
    return pending;
}

/* One row through each tree's usual levels; gives how many walks are not at a leaf then. */
static size_t begin_walks(const Table *table, const Scratch *scratch)
{
    size_t pending = 0;
    Py_ssize_t i = 0;
    for (; i < table->plain_groups; i++)
        pending = walk_group(table, scratch, table->starts + i * LANES, table->levels[i], pending, 1, 0);
    for (; i < table->groups; i++)
        pending = walk_group(table, scratch, table->starts + i * LANES, table->levels[i], pending, 1, 1);
    return pending;
}

/* Each round takes every pending walk nearer to its leaf; the last group is filled up with walks that are at one. */
static inline void end_walks(const Table *table, const Scratch *scratch, size_t pending, uint32_t rows, int has_sets)
{
    const Walk ended = {scratch->nowhere, (uint32_t)table->node_count};
    while (pending > 0) {
        const size_t before = pending;
        pending = 0;
        EACH_LANE(lane)
            scratch->pending[before + lane] = ended;
        for (size_t first = 0; first < before; first += LANES)
            pending = walk_group(table, scratch, scratch->pending + first, LEVELS_AT_ONCE, pending, rows, has_sets);
    }
}

/* `rows` is a constant at each call. */
static inline void end_all_walks(const Table *table, const Scratch *scratch, size_t pending, uint32_t rows)
{
    if (table->plain_groups < table->groups)
        end_walks(table, scratch, pending, rows, 1);
    else
        end_walks(table, scratch, pending, rows, 0);
}

#endif
